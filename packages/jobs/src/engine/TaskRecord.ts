import { Schema } from "effect"

const epochMillis = Schema.Finite

/** What is stored of a task besides what all instances have. */
export const TaskRecord = Schema.Struct({
  /**
   * False before the first `setState`: `state` is then null, which may also be a valid state of a schema that accepts
   * null.
   */
  hasState: Schema.Boolean,
  /** Executions of `onEvent` started in this incarnation. */
  eventCount: Schema.Int,
  /** Executions of `execute` started in this incarnation. */
  executeCount: Schema.Int,
  /** When the handlers want `execute` to run. While a retry is pending, its alarm replaces this one. */
  scheduledAt: Schema.NullOr(epochMillis),
  /** The event of the execution in progress, or of the one whose failure is kept. */
  event: Schema.optionalKey(Schema.Json),
  /** Events accepted while an execution was in progress: rows `backlog:` from the number `first` on. */
  backlog: Schema.optionalKey(
    Schema.Struct({ first: Schema.Int, count: Schema.Int, /** When it began to fill. */ since: epochMillis })
  )
})
export type TaskRecord = typeof TaskRecord.Type

/** The record of a new incarnation. */
export const emptyTask: TaskRecord = { hasState: false, eventCount: 0, executeCount: 0, scheduledAt: null }
