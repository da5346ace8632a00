import type { ContinuousDefinition } from "../../Continuous.ts"
import type { Alarm, InstanceRecord } from "../../engine/InstanceRecord.ts"
import { nextRun, wasMissed } from "../../execution/nextRun.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import type { InstanceStatus } from "../../requests/continuous.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import type { CatchUp } from "../../Schedule.ts"
import type { StorableSchema } from "../../Storable.ts"
import { type Continuation, type ContinueBecause, continueExecution } from "../common/continueExecution.ts"

/** The decision on a wake-up or a `trigger`. */
export type Decision =
  | Continuation
  | { readonly _tag: "Nothing" }
  /** The due tick was missed and is skipped: the next one is at `at`. */
  | { readonly _tag: "Skip"; readonly at: number }

const nothing: Decision = { _tag: "Nothing" }

/** The status that clients see. */
export const statusOf = (record: InstanceRecord | undefined): InstanceStatus => {
  if (record === undefined) return "notFound"
  return record.quarantined ? "failed" : record.status
}

/** The attempt shown to clients: the running or pending one, 0 between executions. */
export const attemptOf = (record: InstanceRecord | undefined): number => record?.execution?.attempt ?? 0

/** The first attempt of a new execution. */
export const newExecution = (record: InstanceRecord, trigger: AttemptPlan["trigger"]): AttemptPlan => ({
  executionId: `${record.incarnationId}:r${record.runCount + 1}`,
  handler: "execute",
  runCount: record.runCount + 1,
  attempt: 1,
  trigger,
  firstAttemptAt: undefined,
  recovered: false,
  retryScheduledFor: undefined
})

const run = (record: InstanceRecord, because: ContinueBecause): Decision => {
  const { execution } = record
  if (execution !== null) return continueExecution(record, execution, because)
  return { _tag: "Run", fired: because.fired, plan: newExecution(record, because.trigger) }
}

/** `trigger` runs now: the interrupted attempt, the pending retry, or else a new execution. */
export const decideTrigger = (
  record: InstanceRecord | undefined,
  policy: RetryPolicy | undefined,
  now: number
): Decision =>
  record === undefined || record.status === "failed"
    ? nothing
    : run(record, { trigger: "trigger", fired: undefined, policy, now })

/**
 * Ignores alarms of another generation, before their time, or of an instance that is not waiting.
 * @param generation generation of the alarm that fired; undefined if the host does not know
 */
export const decideAlarm = (
  record: InstanceRecord | undefined,
  policy: RetryPolicy | undefined,
  now: number,
  generation: number | undefined
): Decision => {
  if (record === undefined || record.status === "failed" || record.quarantined) return nothing
  if (generation !== undefined && generation !== record.generation) return nothing
  const { alarm, execution } = record
  if (execution !== null && execution.begunAt !== null) {
    return run(record, { trigger: execution.trigger, fired: undefined, policy, now })
  }
  if (alarm === null || now < alarm.at) return nothing
  return run(record, { trigger: alarm.kind === "retry" ? "retry" : "alarm", fired: alarm, policy, now })
}

/**
 * Skips a missed tick, if the definition says so.
 * @param upSince since when this runtime could have run it
 */
export const orSkip = (
  decision: Decision,
  record: InstanceRecord | undefined,
  { catchUp, schedule }: Pick<ContinuousDefinition<StorableSchema, unknown>, "catchUp" | "schedule">,
  now: number,
  upSince: number
): Decision => {
  if (catchUp !== "skip" || record === undefined) return decision
  if (decision._tag !== "Run" || decision.fired?.kind !== "schedule") return decision
  const { at: tick } = decision.fired
  const anchor = record.createdAt
  return wasMissed(schedule, { anchor, tick, now, upSince })
    ? { _tag: "Skip", at: nextRun(schedule, catchUp, { anchor, begunAt: tick, now }) }
    : decision
}

const servedUntil = (record: InstanceRecord, fired: Alarm | undefined, now: number): number => {
  if (fired?.kind === "schedule") return fired.at
  // Nothing runs in quarantine, so there was nothing to miss.
  if (record.quarantined) return now
  const { alarm } = record
  return record.servedUntil ?? (alarm?.kind === "schedule" ? alarm.at - 1 : now)
}

/**
 * Records, as an execution begins, up to when each tick has had its run, if each gets one. A tick whose alarm is still
 * pending, because a call requested the execution, keeps its own run. A previous definition's record is removed: should
 * that definition come back, it must not find all ticks passed since then.
 */
export const withTickServed = (
  record: InstanceRecord,
  catchUp: CatchUp,
  fired: Alarm | undefined,
  now: number
): InstanceRecord => {
  if (catchUp === "all") return { ...record, servedUntil: servedUntil(record, fired, now) }
  if (record.servedUntil === undefined) return record
  const { servedUntil: _before, ...rest } = record
  return rest
}
