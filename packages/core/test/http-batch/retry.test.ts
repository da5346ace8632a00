import { type Answer, hold, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, emitAll, openTracker, sizesOf, transports, until } from "./openTracker.ts"

const failures: ReadonlyArray<readonly [string, Answer]> = [
  ["a reset connection", { kind: "reset" }],
  ["status 408", status(408)],
  ["status 429", status(429)],
  ["status 500", status(500)],
  ["status 502", status(502, { "content-type": "text/html" }, "<p>Bad gateway</p>")],
  ["status 503", status(503)]
]

// Slow enough that a second probe would arrive before the first is answered.
const slowly = (answer: Answer): Answer => ({ kind: "delay", ms: 15, answer })

describe.each(transports)("HttpBatch on $name", ({ transport }) => {
  it.live.each(failures)(
    "sends a batch again after %s, once the endpoint takes it",
    ([, failure]) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport })
        yield* endpoint.answerNext(failure, failure)
        const events = yield* jobEvents(5)
        yield* emitAll(tracker, events)
        yield* tracker.flush()
        assert.deepStrictEqual(yield* sizesOf(endpoint), [5, 5, 5])
        yield* assertStoredOnce(endpoint, events)
        assert.deepInclude(yield* balanced(tracker), { delivered: 5, retries: 2, lost: {} })
      })
  )

  it.live("sends the same bytes again, whatever went out meanwhile", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 2 })
      const events = yield* jobEvents(6)
      // Two that fail and come through later, so that their buffers are free.
      yield* endpoint.answerNext(hold(status(503)), hold(status(503)))
      yield* emitAll(tracker, events.slice(0, 2))
      yield* endpoint.awaitRequests(2)
      yield* endpoint.release()
      yield* tracker.flush()
      yield* endpoint.answerNext(hold(status(503)))
      yield* emitAll(tracker, events.slice(2, 3))
      yield* endpoint.awaitRequests(5)
      for (const event of events.slice(3)) {
        const { delivered } = yield* tracker.stats()
        yield* tracker.emit(event)
        yield* until(tracker, (stats) => stats.delivered === delivered + 1)
      }
      yield* endpoint.release()
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("keeps everything while connections are refused, and delivers it once they are accepted", () =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker, warning } = yield* openTracker({
        transport,
        batchSize: 2,
        retry: { attempts: 1000, base: 1, max: 2 }
      })
      const events = yield* jobEvents(20)
      yield* emitAll(tracker, events.slice(0, 2))
      yield* endpoint.awaitStored(2)
      yield* endpoint.refuse()
      yield* emitAll(tracker, events.slice(2))
      yield* warning
      assert.include(logged[0], "ECONNREFUSED")
      assert.strictEqual((yield* balanced(tracker)).pending, 18)
      yield* endpoint.accept()
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 20, lost: {} })
    }))

  it.live("warns once of an endpoint that speaks no TLS, and keeps what it has", () =>
    Effect.gen(function*() {
      const { endpoint } = yield* openTracker({ transport })
      const url = endpoint.url.replace("http:", "https:")
      const { logged, tracker, warning } = yield* openTracker({ transport, endpoint: url, shutdownTimeout: 0 })
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      yield* warning
      assert.lengthOf(logged, 1)
      assert.include(logged[0], `${url} takes no events at the moment`)
      assert.deepInclude(yield* balanced(tracker), { pending: 2, lost: {} })
    }))

  it.live("gives a batch up after retry.attempts and goes on with the next", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 2,
        concurrency: 1,
        retry: { attempts: 3, base: 1 }
      })
      yield* endpoint.answerNext({ kind: "reset" }, status(503), status(503))
      const events = yield* jobEvents(4)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [2, 2, 2, 2])
      yield* assertStoredOnce(endpoint, events.slice(2))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { retriesExhausted: 2 })
    }))

  it.live("sends one request at a time while the endpoint fails, and loses nothing", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 4 })
      const down = hold(status(503))
      const probes = [status(503), { kind: "reset" }, status(429), status(500), store] as const
      yield* endpoint.answerNext(down, down, down, down, ...probes.map(slowly))
      const events = yield* jobEvents(8)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(4)
      yield* endpoint.release()
      yield* tracker.flush()
      const open = (yield* endpoint.requests()).map((request) => request.open)
      // Four at once, then five probes, of which the last succeeds.
      assert.sameMembers(open.slice(0, 4), [1, 2, 3, 4])
      assert.deepStrictEqual(open.slice(4, 9), [1, 1, 1, 1, 1])
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 8, lost: {} })
    }))

  it.live.each([401, 402, 403, 404, 405, 409, 410, 415, 431])(
    "does not send a batch again after status %d",
    (code) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport })
        yield* endpoint.answerNext(status(code))
        yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
        yield* tracker.flush()
        assert.deepStrictEqual(yield* sizesOf(endpoint), [2])
        assert.deepInclude(yield* balanced(tracker), { retries: 0, lost: { refused: 2 } })
      })
  )

  it.live("does not follow a redirect and loses what it refuses", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      yield* endpoint.answerNext(status(307, { location: endpoint.url }))
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.lengthOf(yield* endpoint.stored(), 0)
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { refused: 2 })
    }))
})
