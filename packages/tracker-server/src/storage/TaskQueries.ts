import { Context, type Effect } from "effect"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import type { SpokenBy } from "../projection/Fact.ts"
import type { DelegationGroup, StateTransition } from "../projection/Facts.ts"
import type { PlanExecution } from "../projection/PlanExecution.ts"
import type { TaskExecution } from "../projection/TaskExecution.ts"
import type { Bounded } from "../query/bounded.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"
import type { TaskPosition } from "./TrackerQueries.ts"

/** A position in a task's transitions: after the one with this instant and event. */
export interface TransitionPosition {
  readonly transitionedAt: string
  readonly eventId: string
}

/** A task, and its plan if known. */
export interface TaskInPlan {
  readonly task: TaskExecution
  readonly plan: PlanExecution | undefined
}

/**
 * The tasks that one task was delegated to: as reported by the delegation event, if any, and by the tasks themselves.
 */
export interface GroupFacts {
  readonly start: DelegationGroup["start"]["value"] | null
  /** The plan of the delegated task. */
  readonly parentPlanId: string | null
  readonly completedTasks: number
  readonly failedTasks: number
  readonly tasks: Bounded<TaskInPlan>
}

/** A position in a task's events, newest first: after the one with this instant and id. */
export interface EventPosition {
  readonly occurredAt: string
  readonly eventId: string
}

/** A task, the events that first reported its start and its attempt, and a page of all events that mention it. */
export interface ExplainedFacts extends TaskInPlan {
  readonly startedBy: SpokenBy | null
  readonly attemptBy: SpokenBy | null
  readonly events: Bounded<TrackedEvent>
}

type Answer<A> = Effect.Effect<A | undefined, StoreUnavailable>

/** Port: tasks by id, whether or not they belong to a plan; `undefined` if there is none. */
export class TaskQueries extends Context.Service<TaskQueries, {
  /** With its transitions by instant, then event id, as cut by `bounded`. */
  readonly task: (
    tenantId: string,
    taskId: string,
    after: TransitionPosition | null
  ) => Answer<TaskInPlan & { readonly transitions: Bounded<StateTransition> }>
  /** With the events that mention it, newest first by instant and id: the first `count`, as cut by `bounded`. */
  readonly explain: (
    tenantId: string,
    taskId: string,
    after: EventPosition | null,
    count: number
  ) => Answer<ExplainedFacts>
  /** With its tasks by start, then id, as cut by `bounded`. */
  readonly group: (tenantId: string, groupId: string, after: TaskPosition | null) => Answer<GroupFacts>
}>()("@durable-effect/tracker-server/TaskQueries") {}
