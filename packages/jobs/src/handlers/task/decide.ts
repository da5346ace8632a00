import type { Schema } from "effect"
import { type Alarm, backlogSince, type ExecutionInProgress, type InstanceRecord } from "../../engine/InstanceRecord.ts"
import { emptyTask, type TaskRecord } from "../../engine/TaskRecord.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import type { TaskStatus } from "../../requests/task.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import { isFailed } from "../common/CommonActions.ts"
import { type Continuation, continueExecution } from "../common/continueExecution.ts"

/** The decision on a wake-up or a `trigger`. */
export type Decision =
  | Continuation
  | { readonly _tag: "Execute"; readonly fired: Alarm | undefined; readonly trigger: "alarm" | "trigger" }
  /** The first waiting event is handled. */
  | { readonly _tag: "TakeEvent" }
  | { readonly _tag: "Nothing" }

const nothing: Decision = { _tag: "Nothing" }

/** What a task's record says of it; that of another type says nothing. */
export const taskOf = (record: InstanceRecord | undefined): TaskRecord => record?.task ?? emptyTask

/** The status that clients see. */
export const statusOf = (record: InstanceRecord | undefined): TaskStatus => {
  if (record === undefined) return "notFound"
  if (isFailed(record)) return "failed"
  const { backlog, scheduledAt } = taskOf(record)
  return record.execution !== null || scheduledAt !== null || backlog !== undefined ? "active" : "idle"
}

/** When `execute` runs next; never for a failed task. */
export const scheduledAtOf = (record: InstanceRecord | undefined): number | null =>
  isFailed(record) ? null : taskOf(record).scheduledAt

/** What happens to a sent event: nothing may overtake one that was accepted earlier. */
export const decideSend = (record: InstanceRecord | undefined): "create" | "reject" | "wait" | "handle" => {
  if (record === undefined) return "create"
  if (isFailed(record)) return "reject"
  return record.execution !== null || taskOf(record).backlog !== undefined ? "wait" : "handle"
}

/** `trigger` runs now: the interrupted attempt, the pending retry, or else `execute`. */
export const decideTrigger = (
  record: InstanceRecord | undefined,
  policy: RetryPolicy | undefined,
  now: number
): Decision => {
  if (record === undefined || record.status === "failed") return nothing
  const { execution } = record
  return execution === null
    ? { _tag: "Execute", fired: undefined, trigger: "trigger" }
    : continueExecution(record, execution, { trigger: "trigger", fired: undefined, policy, now })
}

/**
 * Ignores alarms of another generation, before their time, or of an instance that is not waiting. Waiting events come
 * before what is scheduled.
 * @param generation generation of the alarm that fired; undefined if the host does not know
 */
export const decideAlarm = (
  record: InstanceRecord | undefined,
  policy: RetryPolicy | undefined,
  now: number,
  generation: number | undefined
): Decision => {
  if (record === undefined || isFailed(record)) return nothing
  if (generation !== undefined && generation !== record.generation) return nothing
  const { alarm, execution } = record
  if (execution !== null && execution.begunAt !== null) {
    return continueExecution(record, execution, { trigger: execution.trigger, fired: undefined, policy, now })
  }
  if (backlogSince(record) !== undefined) return { _tag: "TakeEvent" }
  if (alarm === null || now < alarm.at) return nothing
  return execution === null
    ? { _tag: "Execute", fired: alarm, trigger: "alarm" }
    : continueExecution(record, execution, { trigger: "retry", fired: alarm, policy, now })
}

/** The record of a task whose handler is about to begin a new execution. */
export const withExecution = (
  record: InstanceRecord,
  handler: ExecutionInProgress["handler"],
  event?: { readonly json: Schema.Json }
): InstanceRecord => {
  const { event: _before, ...task } = taskOf(record)
  return {
    ...record,
    task: {
      ...task,
      eventCount: task.eventCount + (handler === "onEvent" ? 1 : 0),
      executeCount: task.executeCount + (handler === "execute" ? 1 : 0),
      ...(event === undefined ? {} : { event: event.json })
    }
  }
}

/** The first attempt of the execution that `withExecution` has counted. */
export const firstAttempt = (
  record: InstanceRecord,
  handler: ExecutionInProgress["handler"],
  trigger: AttemptPlan["trigger"]
): AttemptPlan => {
  const { eventCount, executeCount } = taskOf(record)
  return {
    executionId: `${record.incarnationId}:${handler === "onEvent" ? `e${eventCount}` : `x${executeCount}`}`,
    handler,
    runCount: record.runCount + 1,
    attempt: 1,
    trigger,
    firstAttemptAt: undefined,
    recovered: false,
    retryScheduledFor: undefined
  }
}
