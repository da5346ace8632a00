import { Schema } from "effect"
import { Trace } from "./Trace.ts"

const epochMillis = Schema.Finite

/** Why a flush begins. */
export const FlushReason = Schema.Literals(["timeout", "maxEvents", "manual"])
export type FlushReason = typeof FlushReason.Type

/** What was added while a flush runs or waits for its retry: the incarnation that begins when the current one ends. */
export const NextBuffer = Schema.Struct({
  incarnationId: Schema.String,
  trace: Schema.optionalKey(Trace),
  parentIncarnationId: Schema.optionalKey(Schema.String),
  /** The first event, shown at the start of the incarnation. */
  input: Schema.Json,
  state: Schema.Json,
  eventCount: Schema.Int,
  /** When its first event arrived. */
  startedAt: epochMillis,
  /** When its last event arrived. */
  lastAt: epochMillis
})
export type NextBuffer = typeof NextBuffer.Type

/** What a debounce job stores besides its state. */
export const DebounceBuffer = Schema.Struct({
  eventCount: Schema.Int,
  /** When the first event arrived. */
  startedAt: epochMillis,
  /** The reason of the flush that has begun. */
  flushReason: Schema.optionalKey(FlushReason),
  next: Schema.optionalKey(NextBuffer)
})
export type DebounceBuffer = typeof DebounceBuffer.Type
