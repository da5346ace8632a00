import type { TaskState } from "@durable-effect/core"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { taskClaim, type TaskOutcome } from "./claims.ts"
import { endRank, type Fact, factKey, sequenceKey, unknownFact } from "./Fact.ts"
import type { FactSet } from "./Facts.ts"
import { knownPlan, knownTask } from "./mentions.ts"
import type { PlanExecution } from "./PlanExecution.ts"
import type { Reception } from "./Reception.ts"
import type { TaskExecution } from "./TaskExecution.ts"

/** What every event of a job or workflow names: the definition whose run is a plan. Null if not given. */
export interface Run {
  readonly jobName: string | null
  readonly jobType: string | null
  /** The agent of the run's tasks: the definition's name. */
  readonly agent: string | null
  readonly goal: string | null
  readonly parentPlanId: string | null
}

/** What one event says about its run, and about the task it names. */
export interface RunChange {
  readonly isStart?: boolean
  readonly plan?: Partial<PlanExecution>
  /** Absent if it says nothing about its task, even if it names one. */
  readonly task?: Partial<TaskExecution> | undefined
  readonly transition?: readonly [from: TaskState, to: TaskState] | undefined
  readonly reason?: string | null
}

/** The plan is in this state until a later event says otherwise. */
export const inState = (event: TrackedEvent, value: string): Pick<PlanExecution, "currentState"> => ({
  currentState: { key: factKey(event, "1"), value }
})

/** When the plan continues by itself; null if it waits for nothing. */
export const nextRunAt = (event: TrackedEvent, value: string | null): Pick<PlanExecution, "nextRun"> => ({
  nextRun: { key: sequenceKey(event), value }
})

/** What was due at this instant is done. The space makes whatever an event of the same instant schedules come after. */
export const wasDueAt = (event: TrackedEvent, occurredAt: string): Pick<PlanExecution, "nextRun"> =>
  nextRunAt({ ...event, occurredAt, eventId: ` ${event.eventId}` }, null)

/** How much the plan has collected. */
export const collected = (event: TrackedEvent, count: number | null): Partial<PlanExecution> =>
  count === null ? {} : { progress: { key: sequenceKey(event), value: count } }

export const isPaused = (event: TrackedEvent, value: boolean): Pick<PlanExecution, "paused"> => ({
  paused: { key: factKey(event, "1"), value }
})

/** When the task is retried; null if it is not waiting for a retry. */
export const retryAt = (event: TrackedEvent, value: string | null): Pick<TaskExecution, "retryAt"> => ({
  retryAt: { key: factKey(event, "1"), value }
})

/** The task is in this state. */
export const claims = (
  event: TrackedEvent,
  state: TaskState,
  outcome?: TaskOutcome
): Pick<TaskExecution, "state"> => ({ state: taskClaim(event, state, outcome) })

const textFact = (event: TrackedEvent, rank: string, value: string | null): Fact<string | null> =>
  value === null ? unknownFact : { key: factKey(event, rank), value }

/**
 * Adds what one event of a run says.
 * @param origin the rank of `originRank` and the type by which the task is known
 */
export const projectRun = (
  event: TrackedEvent,
  planId: string,
  run: Run,
  { isStart = false, plan, reason = null, task, transition }: RunChange,
  origin: { readonly rank: string; readonly eventType: string },
  reception: Reception,
  into: FactSet
): void => {
  into.plan({
    ...knownPlan(event, planId, reception, isStart),
    jobName: run.jobName,
    jobType: run.jobType,
    goal: textFact(event, isStart ? "0" : "1", run.goal),
    parent: textFact(event, "0", run.parentPlanId),
    ...plan
  })
  if (event.taskId === null || task === undefined) return
  const isEnd = task.state?.key.startsWith(endRank) === true
  into.task({
    ...knownTask(event, event.taskId, reception, origin.rank, origin.eventType),
    agent: textFact(event, isEnd ? endRank : "1", run.agent),
    ...task
  })
  if (transition === undefined) return
  into.transition({
    eventId: event.eventId,
    taskId: event.taskId,
    planId,
    fromState: transition[0],
    toState: transition[1],
    reason,
    transitionedAt: event.occurredAt
  })
}
