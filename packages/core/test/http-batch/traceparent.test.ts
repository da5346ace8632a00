import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import { jobEvents } from "../fixtures.ts"
import { deliver, openTracker, transports } from "./openTracker.ts"

const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

describe.each(transports)("HttpBatch on $name", ({ name, transport }) => {
  it.live("sends the trace context of the span that the emitter is in", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      yield* Effect.withParentSpan(tracker.emit(event), Tracer.externalSpan({ traceId, spanId, sampled: true }))
      yield* tracker.flush()
      yield* tracker.emit(event)
      yield* tracker.flush()
      const [inSpan, outside] = (yield* endpoint.requests()).map(({ headers }) => headers["traceparent"])
      if (name === "HttpClient") {
        // Its own span is between the emitter's and the server's.
        assert.match(String(inSpan), new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
        assert.notInclude(String(inSpan), spanId)
        assert.notInclude(String(outside), traceId)
      } else {
        assert.deepStrictEqual([inSpan, outside], [`00-${traceId}-${spanId}-01`, undefined])
      }
    }))

  it.live("sends that of the caller of deliver", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      const span = Tracer.externalSpan({ traceId, spanId, sampled: true })
      yield* Effect.flatMap(jobEvents(2), (events) => Effect.withParentSpan(deliver(tracker, events), span))
      const [request] = yield* endpoint.requests()
      assert.match(String(request?.headers["traceparent"]), new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
    }))
})

describe("the trace context that HttpBatch sends", () => {
  const spans = [
    ["says that the span is not sampled", { traceId, spanId, sampled: false }, `00-${traceId}-${spanId}-00`],
    ["is none where a trace id is not W3C's", { traceId: "trace-1", spanId, sampled: true }, undefined],
    ["is none where a span id is not W3C's", { traceId, spanId: "span-1", sampled: true }, undefined]
  ] as const
  it.live.each(spans)("%s", ([, span, expected]) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker()
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      yield* Effect.withParentSpan(tracker.emit(event), Tracer.externalSpan(span))
      yield* tracker.flush()
      assert.strictEqual((yield* endpoint.requests())[0]?.headers["traceparent"], expected)
    }))
})
