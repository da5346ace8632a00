import { Context, type Effect } from "effect"
import type { PlanExecution } from "../projection/PlanExecution.ts"
import type { TaskExecution } from "../projection/TaskExecution.ts"
import type { Bounded } from "../query/bounded.ts"
import type { PlanFacts } from "../query/planView.ts"
import type { TimelineKey, TimelinePage, TimelinePosition } from "../query/timelinePage.ts"
import type { TimelineRow } from "../query/timelineView.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** A position in a list of tasks: after the task with this start (null sorts last) and id. */
export interface TaskPosition {
  readonly startedAt: string | null
  readonly taskId: string
}

type Answer<A> = Effect.Effect<A | undefined, StoreUnavailable>

/**
 * Port: facts as stored; deriving views from them and the clock is up to `query/`. A plan is found by its id or, for a
 * job, by its instance id, which stands for its newest incarnation; `undefined` if there is none.
 */
export class TrackerQueries extends Context.Service<TrackerQueries, {
  readonly plan: (tenantId: string, id: string) => Answer<PlanFacts>
  /** Tasks by start, then id, as cut by `bounded`. */
  readonly tasks: (
    tenantId: string,
    id: string,
    after: TaskPosition | null,
    limit: number
  ) => Answer<{ readonly plan: PlanExecution; readonly tasks: Bounded<TaskExecution> }>
  /** A page of the plan's events in order, as cut by `timelinePage`. */
  readonly timeline: (
    tenantId: string,
    id: string,
    position: TimelinePosition,
    limit: number
  ) => Answer<
    PlanFacts & {
      readonly events: ReadonlyArray<TimelineRow>
      readonly next: TimelinePage<TimelineKey>["next"]
    }
  >
}>()("@durable-effect/tracker-server/TrackerQueries") {}
