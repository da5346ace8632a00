import type { DebounceBuffer, FlushReason } from "../../engine/DebounceBuffer.ts"
import { type Alarm, instanceIdOf, type InstanceRecord } from "../../engine/InstanceRecord.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import type { DebounceStatus } from "../../requests/debounce.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import { isFailed } from "../common/CommonActions.ts"
import { type Continuation, type ContinueBecause, continueExecution } from "../common/continueExecution.ts"
import { isFull, type Window } from "./window.ts"

/** A new flush. */
export interface Flush {
  readonly _tag: "Flush"
  readonly fired: Alarm | undefined
  readonly reason: FlushReason
  readonly plan: AttemptPlan
}

/** The decision on a wake-up, a `flush` or the event that fills a buffer. */
export type Decision = Flush | Continuation | { readonly _tag: "Nothing" }

const nothing: Decision = { _tag: "Nothing" }

/** The buffer of a record known to be a debounce job's. */
export const bufferOf = (record: InstanceRecord): DebounceBuffer => {
  if (record.debounce === undefined) throw new Error(`${instanceIdOf(record)} has no buffer`)
  return record.debounce
}

/** The status that clients see. */
export const statusOf = (record: InstanceRecord | undefined): DebounceStatus => {
  if (record === undefined) return "notFound"
  if (isFailed(record)) return "failed"
  return record.execution === null ? "debouncing" : "flushing"
}

/** When the buffer is flushed or its flush retried; null while the flush runs. */
export const willFlushAt = (record: InstanceRecord | undefined): number | null =>
  record === undefined || (record.execution !== null && record.execution.begunAt !== null)
    ? null
    : record.alarm?.at ?? null

/** The first attempt of an incarnation's only flush. */
export const newFlush = (record: InstanceRecord, trigger: AttemptPlan["trigger"]): AttemptPlan => ({
  executionId: `${record.incarnationId}:flush`,
  handler: "execute",
  runCount: record.runCount + 1,
  attempt: 1,
  trigger,
  firstAttemptAt: undefined,
  recovered: false,
  retryScheduledFor: undefined
})

const run = (record: InstanceRecord, reason: FlushReason, because: ContinueBecause): Decision => {
  const { execution } = record
  if (execution !== null) return continueExecution(record, execution, because)
  return { _tag: "Flush", fired: because.fired, reason, plan: newFlush(record, because.trigger) }
}

/** `flush` runs now: the interrupted attempt, the pending retry, or else a new flush. */
export const decideFlush = (
  record: InstanceRecord | undefined,
  reason: FlushReason,
  policy: RetryPolicy | undefined,
  now: number
): Decision =>
  record === undefined || record.status === "failed"
    ? nothing
    : run(record, reason, { trigger: "flush", fired: undefined, policy, now })

/**
 * Ignores alarms of another generation, before their time, or of an instance that is not waiting.
 * @param generation generation of the alarm that fired; undefined if the host does not know
 */
export const decideAlarm = (
  record: InstanceRecord | undefined,
  definition: Window & { readonly retry: RetryPolicy | undefined },
  now: number,
  generation: number | undefined
): Decision => {
  if (record === undefined || isFailed(record)) return nothing
  if (generation !== undefined && generation !== record.generation) return nothing
  const { alarm, execution } = record
  const reason = isFull(definition, bufferOf(record).eventCount) ? "maxEvents" : "timeout"
  const because = { policy: definition.retry, now }
  if (execution !== null && execution.begunAt !== null) {
    return run(record, reason, { ...because, trigger: execution.trigger, fired: undefined })
  }
  if (alarm === null || now < alarm.at) return nothing
  return run(record, reason, { ...because, trigger: alarm.kind === "retry" ? "retry" : "flush", fired: alarm })
}
