import { Context, type Effect } from "effect"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import type { SpokenBy } from "../projection/Fact.ts"
import type { DelegationGroup, StateTransition } from "../projection/Facts.ts"
import type { PlanExecution } from "../projection/PlanExecution.ts"
import type { TaskExecution } from "../projection/TaskExecution.ts"
import type { Bounded } from "../query/bounded.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"
import type { TaskPosition } from "./TrackerQueries.ts"

/** A place in a task's transitions: after the one with this instant and event. */
export interface TransitionPosition {
  readonly transitionedAt: string
  readonly eventId: string
}

/** A task, and the plan that it belongs to where one is known. */
export interface TaskInPlan {
  readonly task: TaskExecution
  readonly plan: PlanExecution | undefined
}

/** Tasks into which one was split: by what told of the split, where something did, and by what the tasks say. */
export interface GroupFacts {
  readonly start: DelegationGroup["start"]["value"] | null
  /** The plan of the task that was split. */
  readonly parentPlanId: string | null
  readonly completedTasks: number
  readonly failedTasks: number
  readonly tasks: Bounded<TaskInPlan>
}

/** A place in a task's events, newest first: after the one with this instant and id. */
export interface EventPosition {
  readonly occurredAt: string
  readonly eventId: string
}

/** A task, the events that told of its start and of its attempt first, and a part of all events that name it. */
export interface ExplainedFacts extends TaskInPlan {
  readonly startedBy: SpokenBy | null
  readonly attemptBy: SpokenBy | null
  readonly events: Bounded<TrackedEvent>
}

type Answer<A> = Effect.Effect<A | undefined, StoreUnavailable>

/** Port. Tasks by their own ids, whether they belong to a plan or not; `undefined` where there is none. */
export class TaskQueries extends Context.Service<TaskQueries, {
  /** With its transitions by instant, then event, as `bounded` cuts them. */
  readonly task: (
    tenantId: string,
    taskId: string,
    after: TransitionPosition | null
  ) => Answer<TaskInPlan & { readonly transitions: Bounded<StateTransition> }>
  /** With the events that name it, newest first by instant and id, as `bounded` cuts the first `count` of them. */
  readonly explain: (
    tenantId: string,
    taskId: string,
    after: EventPosition | null,
    count: number
  ) => Answer<ExplainedFacts>
  /** With its tasks by start, then id, as `bounded` cuts them. */
  readonly group: (tenantId: string, groupId: string, after: TaskPosition | null) => Answer<GroupFacts>
}>()("@durable-effect/tracker-server/TaskQueries") {}
