import { EventError, JobType } from "@durable-effect/core"
import { Schema } from "effect"
import type { Commit } from "../host/HostPort.ts"
import { DebounceBuffer } from "./DebounceBuffer.ts"
import { isAtWork, isEmpty, PoolRecord } from "./PoolRecord.ts"
import { TaskRecord } from "./TaskRecord.ts"
import type { Trace } from "./Trace.ts"

const epochMillis = Schema.Finite

/** An execution between the start of its first attempt and its end: running, interrupted, or waiting for its retry. */
export const ExecutionInProgress = Schema.Struct({
  executionId: Schema.String,
  handler: Schema.Literals(["execute", "onEvent"]),
  /** The attempt that has begun or, if none has, the next one; 1-based. */
  attempt: Schema.Int,
  firstAttemptAt: epochMillis,
  trigger: Schema.Literals(["start", "trigger", "alarm", "retry", "flush", "event", "item"]),
  /**
   * When the attempt began; null while a retry is pending. If it is set and nobody is running it, a crash interrupted
   * it.
   */
  begunAt: Schema.NullOr(epochMillis),
  startedEventId: Schema.optionalKey(Schema.String),
  lastError: Schema.optionalKey(EventError),
  /** Keys of the rows of calls whose repeats are answered by the end of the attempt that has begun. */
  calls: Schema.optionalKey(Schema.Array(Schema.String))
})
export type ExecutionInProgress = typeof ExecutionInProgress.Type

export const Alarm = Schema.Struct({
  at: epochMillis,
  kind: Schema.Literals(["schedule", "retry", "flush", "task"])
})
export type Alarm = typeof Alarm.Type

/** Everything stored of an instance, besides its version in the host. */
export const InstanceRecord = Schema.Struct({
  format: Schema.Literal(1),
  jobType: JobType,
  jobName: Schema.String,
  id: Schema.String,
  incarnationId: Schema.String,
  traceId: Schema.String,
  /** The span that began the incarnation, the parent of its executions' spans. */
  spanId: Schema.optionalKey(Schema.String),
  /** Whether that span's trace is recorded. Default true. */
  sampled: Schema.optionalKey(Schema.Boolean),
  parentIncarnationId: Schema.optionalKey(Schema.String),
  /** `failed`: no attempts are left and the definition keeps failures. */
  status: Schema.Literals(["running", "failed"]),
  /** Whether its state could not be read: nothing runs until somebody triggers or terminates it. */
  quarantined: Schema.Boolean,
  createdAt: epochMillis,
  /** Sequence number of this incarnation's last event. */
  sequence: Schema.Int,
  lastEventAt: epochMillis,
  alarm: Schema.NullOr(Alarm),
  /** Increases with each change of what the host should wake us for. */
  generation: Schema.Int,
  state: Schema.Json,
  runCount: Schema.Int,
  execution: Schema.NullOr(ExecutionInProgress),
  /** Only for debounce jobs. */
  debounce: Schema.optionalKey(DebounceBuffer),
  task: Schema.optionalKey(TaskRecord),
  /** Only for a continuous job that makes up for each tick: up to when, inclusive, each has had its run. */
  servedUntil: Schema.optionalKey(epochMillis),
  /** Only for a worker pool's shard. */
  pool: Schema.optionalKey(PoolRecord)
})
export type InstanceRecord = typeof InstanceRecord.Type

const decode = Schema.decodeUnknownExit(InstanceRecord)

/** Decodes stored text. Invalid JSON is a defect. */
export const decodeRecord = (text: string) => decode(JSON.parse(text))

export const encodeRecord = (record: InstanceRecord): string => JSON.stringify(record)

export const instanceIdOf = (record: InstanceRecord): string => `${record.jobType}:${record.jobName}:${record.id}`

/** The trace context of an instance; undefined if it has no parent span. */
export const traceOf = ({ sampled = true, spanId, traceId }: InstanceRecord): Trace | undefined =>
  spanId === undefined ? undefined : { traceId, spanId, sampled }

/** The execution of a record known to have one. */
export const executionOf = (record: InstanceRecord): ExecutionInProgress => {
  if (record.execution === null) throw new Error(`${instanceIdOf(record)} has no execution in progress`)
  return record.execution
}

/** Since when events have been waiting with nothing before them; undefined if none are. */
export const backlogSince = ({ execution, quarantined, status, task }: InstanceRecord): number | undefined =>
  execution === null && status === "running" && !quarantined ? task?.backlog?.since : undefined

/**
 * What the host must wake us for. A started attempt is due immediately, so that it runs again after a crash, but held
 * by whoever runs it. Waiting events with nothing before them are due immediately as well.
 */
export const hostAlarmOf = (record: InstanceRecord): Commit["alarm"] => {
  if (record.quarantined) return null
  if (record.pool !== undefined) {
    const { pool } = record
    if (pool.paused && pool.terminating === null && !(pool.draining && isEmpty(pool))) return null
    if (isAtWork(pool)) return { dueAt: pool.busySince, generation: record.generation }
  }
  const begunAt = record.execution?.begunAt
  if (typeof begunAt === "number") return { dueAt: begunAt, generation: record.generation, isHeld: true }
  const dueAt = backlogSince(record) ?? record.alarm?.at
  return dueAt === undefined ? null : { dueAt, generation: record.generation }
}

/** `hostAlarmOf`, if it is held. */
export const heldAlarmOf = (record: InstanceRecord | undefined): Commit["alarm"] => {
  const alarm = record === undefined ? null : hostAlarmOf(record)
  return alarm?.isHeld === true ? alarm : null
}
