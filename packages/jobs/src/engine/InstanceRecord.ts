import { EventError, JobType } from "@durable-effect/core"
import { Schema } from "effect"
import type { Commit } from "../host/HostPort.ts"
import { DebounceBuffer } from "./DebounceBuffer.ts"
import { isAtWork, isEmpty, PoolRecord } from "./PoolRecord.ts"
import { TaskRecord } from "./TaskRecord.ts"
import type { Trace } from "./Trace.ts"

const epochMillis = Schema.Finite

/** An execution between the begin of its first attempt and its end: at work, cut off, or waiting for its retry. */
export const ExecutionInProgress = Schema.Struct({
  executionId: Schema.String,
  handler: Schema.Literals(["execute", "onEvent"]),
  /** The attempt that has begun or, when none has, the next one; 1-based. */
  attempt: Schema.Int,
  firstAttemptAt: epochMillis,
  trigger: Schema.Literals(["start", "trigger", "alarm", "retry", "flush", "event", "item"]),
  /** When the attempt began; null while a retry waits. Found set by nobody at work, it was cut off by a crash. */
  begunAt: Schema.NullOr(epochMillis),
  startedEventId: Schema.optionalKey(Schema.String),
  lastError: Schema.optionalKey(EventError),
  /** The rows of calls whose repeats are answered by how the attempt that has begun ends. */
  calls: Schema.optionalKey(Schema.Array(Schema.String))
})
export type ExecutionInProgress = typeof ExecutionInProgress.Type

export const Alarm = Schema.Struct({
  at: epochMillis,
  kind: Schema.Literals(["schedule", "retry", "flush", "task"])
})
export type Alarm = typeof Alarm.Type

/** All that is stored of an instance, besides its host's version of it. */
export const InstanceRecord = Schema.Struct({
  format: Schema.Literal(1),
  jobType: JobType,
  jobName: Schema.String,
  id: Schema.String,
  incarnationId: Schema.String,
  traceId: Schema.String,
  /** The span that began the incarnation, under which its executions are. */
  spanId: Schema.optionalKey(Schema.String),
  /** Whether that span's trace is recorded. Default true. */
  sampled: Schema.optionalKey(Schema.Boolean),
  parentIncarnationId: Schema.optionalKey(Schema.String),
  /** `failed`: no attempt is left and the definition keeps failures. */
  status: Schema.Literals(["running", "failed"]),
  /** Its state could not be read: nothing runs until somebody triggers or terminates it. */
  quarantined: Schema.Boolean,
  createdAt: epochMillis,
  /** Of the last event of this incarnation. */
  sequence: Schema.Int,
  lastEventAt: epochMillis,
  alarm: Schema.NullOr(Alarm),
  /** Grows with each change of what the host should wake us for. */
  generation: Schema.Int,
  state: Schema.Json,
  runCount: Schema.Int,
  execution: Schema.NullOr(ExecutionInProgress),
  /** Of debounce jobs. */
  debounce: Schema.optionalKey(DebounceBuffer),
  task: Schema.optionalKey(TaskRecord),
  /** Of a continuous job that makes up for each tick: up to when, inclusive, each has had its run. */
  servedUntil: Schema.optionalKey(epochMillis),
  /** Of a worker pool's shard. */
  pool: Schema.optionalKey(PoolRecord)
})
export type InstanceRecord = typeof InstanceRecord.Type

const decode = Schema.decodeUnknownExit(InstanceRecord)

/** Reads a stored text. One that is no JSON is a defect. */
export const decodeRecord = (text: string) => decode(JSON.parse(text))

export const encodeRecord = (record: InstanceRecord): string => JSON.stringify(record)

export const instanceIdOf = (record: InstanceRecord): string => `${record.jobType}:${record.jobName}:${record.id}`

/** Where in its trace an instance is; undefined when it has no span to be under. */
export const traceOf = ({ sampled = true, spanId, traceId }: InstanceRecord): Trace | undefined =>
  spanId === undefined ? undefined : { traceId, spanId, sampled }

/** The execution of a record that is known to have one. */
export const executionOf = (record: InstanceRecord): ExecutionInProgress => {
  if (record.execution === null) throw new Error(`${instanceIdOf(record)} has no execution in progress`)
  return record.execution
}

/** Since when events wait that nothing is in front of any more; undefined when none do. */
export const backlogSince = ({ execution, quarantined, status, task }: InstanceRecord): number | undefined =>
  execution === null && status === "running" && !quarantined ? task?.backlog?.since : undefined

/**
 * What the host has to wake us for. A begun attempt is due at once, so that a crash makes it run again, but held by whoever
 * runs it. Events that wait with nothing in front of them are due at once as well.
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

/** The same, if it is held. */
export const heldAlarmOf = (record: InstanceRecord | undefined): Commit["alarm"] => {
  const alarm = record === undefined ? null : hostAlarmOf(record)
  return alarm?.isHeld === true ? alarm : null
}
