import type { ContinuousDefinition } from "../../Continuous.ts"
import type { Alarm, InstanceRecord } from "../../engine/InstanceRecord.ts"
import { nextRun, wasMissed } from "../../execution/nextRun.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import type { InstanceStatus } from "../../requests/continuous.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import type { CatchUp } from "../../Schedule.ts"
import type { StorableSchema } from "../../Storable.ts"
import { type Continuation, type ContinueBecause, continueExecution } from "../common/continueExecution.ts"

/** What a wake-up or a `trigger` comes to. */
export type Decision =
  | Continuation
  | { readonly _tag: "Nothing" }
  /** The tick that is due was missed and is left out: the next one is at `at`. */
  | { readonly _tag: "Skip"; readonly at: number }

const nothing: Decision = { _tag: "Nothing" }

/** The status that clients see. */
export const statusOf = (record: InstanceRecord | undefined): InstanceStatus => {
  if (record === undefined) return "notFound"
  return record.quarantined ? "failed" : record.status
}

/** What a client may read of the attempt: the one that runs or waits, 0 between executions. */
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

/** `trigger` runs now: the attempt that was cut off, the retry that waits, else a new execution. */
export const decideTrigger = (
  record: InstanceRecord | undefined,
  policy: RetryPolicy | undefined,
  now: number
): Decision =>
  record === undefined || record.status === "failed"
    ? nothing
    : run(record, { trigger: "trigger", fired: undefined, policy, now })

/**
 * An alarm of another generation, before its time, or of an instance that waits for nobody changes nothing.
 * @param generation of the alarm that fired; undefined when the host cannot tell
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
 * The same for a tick that was missed, where the definition says that such a one is left out.
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
  // Nothing runs in a quarantine, so that there was nothing to miss.
  if (record.quarantined) return now
  const { alarm } = record
  return record.servedUntil ?? (alarm?.kind === "schedule" ? alarm.at - 1 : now)
}

/**
 * Notes up to when each tick has had its run, as an execution begins, where each gets one. A tick whose alarm still
 * waits, since the execution was asked for by a call, keeps its own run. What an earlier definition has noted goes:
 * should that come back, it must not find all ticks that have passed since.
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
