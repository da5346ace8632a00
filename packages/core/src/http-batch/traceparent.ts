import { Context, type Fiber, Tracer } from "effect"

/** W3C trace context of the fiber's current span, if any. */
export const traceparentOf = (fiber: Fiber.Fiber<unknown, unknown>): string | undefined => {
  const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  if (span === undefined || !/^[0-9a-f]{32}$/.test(span.traceId) || !/^[0-9a-f]{16}$/.test(span.spanId)) {
    return undefined
  }
  return `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`
}
