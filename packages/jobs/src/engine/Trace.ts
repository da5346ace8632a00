import { Schema, type Tracer } from "effect"

/** A place in a trace, in W3C's terms: what a `traceparent` says. */
export const Trace = Schema.Struct({
  /** 32 hex digits. */
  traceId: Schema.String,
  /** 16 hex digits. */
  spanId: Schema.String,
  sampled: Schema.Boolean
})
export type Trace = typeof Trace.Type

/** Where a span is; undefined when W3C would not accept its ids, as with tracing switched off. */
export const traceOfSpan = (span: Tracer.AnySpan | undefined): Trace | undefined => {
  if (span === undefined) return undefined
  const { sampled, spanId, traceId } = span
  return /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId) ? { traceId, spanId, sampled } : undefined
}
