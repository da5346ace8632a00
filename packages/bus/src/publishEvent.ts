import { Effect } from "effect"
import { encodeBinary, encodeStructured, type EnvelopedEvent } from "./cloudevents/encode.ts"
import { EventBus } from "./EventBus.ts"

/**
 * Publishes an event on its own topic, de-duplicated by its `id`. The trace of the current span is sent along as
 * `traceparent`.
 * @param mode `structured` (default): the whole event is the body; `binary`: its attributes are headers
 */
export const publishEvent = Effect.fnUntraced(
  function*(event: EnvelopedEvent, mode: "structured" | "binary" = "structured") {
    const { publish } = yield* EventBus
    const { body, headers } = mode === "structured" ? encodeStructured(event) : encodeBinary(event)
    const traceparent = yield* currentTraceparent
    return yield* publish(event.topic, event.id, {
      headers: traceparent === undefined ? headers : { ...headers, traceparent },
      body
    })
  }
)

/** W3C trace context of the current span, if any. */
const currentTraceparent = Effect.match(Effect.currentParentSpan, {
  onFailure: () => undefined,
  onSuccess: ({ sampled, spanId, traceId }) =>
    /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId)
      ? `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
      : undefined
})
