import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import type { JobEvent } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, idsOf, openTracker } from "./openTracker.ts"

describe("emitting to HttpBatch", () => {
  it.live("encodes nothing on the emitter's stack", () =>
    Effect.gen(function*() {
      let isEmitting = true
      const encodedWhile: Array<boolean> = []
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1 })
      // Delivery has begun and waits for more: nothing but the emitter's own call could start it again.
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      const events = yield* jobEvents(3)
      const watched = events.map((event) => ({
        ...event,
        toJSON() {
          encodedWhile.push(isEmitting)
          return event
        }
      }))
      // As a synchronous caller would: all of its work is over when runSync returns.
      watched.forEach((event) => Effect.runSync(tracker.emit(event)))
      isEmitting = false
      yield* endpoint.awaitStored(4)
      assert.deepStrictEqual(encodedWhile, [false, false, false])
    }).pipe(Effect.scoped))

  it.live("lets other fibers run while a burst is encoded", () =>
    Effect.gen(function*() {
      let encoded = 0
      const { tracker } = yield* openTracker({
        flushInterval: "1 hour",
        batchSize: 10_000,
        redact: (event) => {
          encoded += 1
          return event
        }
      })
      yield* Effect.flatMap(jobEvents(2000), (events) => emitAll(tracker, events))
      const seen: Array<number> = []
      yield* Effect.sync(() => seen.push(encoded)).pipe(
        Effect.andThen(Effect.yieldNow),
        Effect.repeat({ until: () => encoded === 2000 })
      )
      assert.isAbove(new Set(seen).size, 3)
    }).pipe(Effect.scoped))

  it.live("sends what redact makes of an event, and nothing of one that redact fails on", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        onLoss: () => undefined,
        redact: (event) => {
          if ("sequence" in event && event.sequence === 2) throw new Error("cannot redact")
          return { ...event, jobName: "redacted" }
        }
      })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(endpoint.stored().map((event) => event["jobName"]), ["redacted", "redacted"])
      assert.notInclude(JSON.stringify(endpoint.requests()), String(events[1]?.eventId))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { unencodable: 1 })
    }).pipe(Effect.scoped))

  it.live("leaves out what sample says, but never an end, and keeps what sample fails on", () =>
    Effect.gen(function*() {
      const losses: Array<unknown> = []
      const { endpoint, tracker } = yield* openTracker({
        onLoss: (loss) => losses.push(loss),
        sample: (event) => {
          if ("sequence" in event && event.sequence === 2) throw new Error("cannot decide")
          return false
        }
      })
      const [first, second, third] = yield* jobEvents(3)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      const end: JobEvent = { ...third, type: "job.terminated", by: "client", runCount: 3 }
      yield* emitAll(tracker, [first, second, end])
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf([second, end]))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { sampled: 1 })
      assert.deepStrictEqual(losses, [])
    }).pipe(Effect.scoped))

  it.live("keeps a Worker alive until nothing is pending, once a busy time", () =>
    Effect.gen(function*() {
      const promises: Array<Promise<void>> = []
      const { endpoint, tracker } = yield* openTracker({
        flushInterval: "1 millis",
        waitUntil: (promise) => promises.push(promise)
      })
      let emitted = 0
      for (const expected of [1, 2]) {
        const events = yield* jobEvents(3)
        yield* emitAll(tracker, events)
        assert.lengthOf(promises, expected)
        yield* Effect.promise(() => Promise.all(promises))
        emitted += events.length
        assert.lengthOf(endpoint.stored(), emitted)
        assert.strictEqual(yield* tracker.pending(), 0)
      }
    }).pipe(Effect.scoped))

  it.live("sends the trace context of the span that the emitter is in", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker()
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const span = Tracer.externalSpan({
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203331",
        sampled: true
      })
      yield* Effect.withParentSpan(tracker.emit(event), span)
      yield* tracker.flush()
      yield* tracker.emit(event)
      yield* tracker.flush()
      assert.deepStrictEqual(endpoint.requests().map(({ headers }) => headers["traceparent"]), [
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        undefined
      ])
    }).pipe(Effect.scoped))

  it.live("packs bodies with gzip when told to", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ compression: "gzip" })
      const events = yield* jobEvents(50)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf(events))
      const [request] = endpoint.requests()
      assert.isDefined(request)
      assert.strictEqual(request.headers["content-encoding"], "gzip")
      assert.isBelow(request.wireBytes, request.bytes / 4)
    }).pipe(Effect.scoped))
})
