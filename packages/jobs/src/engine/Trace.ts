import { Schema, type Tracer } from "effect"

/** A W3C trace context, as in a `traceparent`. */
export const Trace = Schema.Struct({
  /** 32 hex digits. */
  traceId: Schema.String,
  /** 16 hex digits. */
  spanId: Schema.String,
  sampled: Schema.Boolean
})
export type Trace = typeof Trace.Type

/** The trace context of a span; undefined if its ids are invalid by W3C, as with tracing switched off. */
export const traceOfSpan = (span: Tracer.AnySpan | undefined): Trace | undefined => {
  if (span === undefined) return undefined
  const { sampled, spanId, traceId } = span
  return /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId) ? { traceId, spanId, sampled } : undefined
}
