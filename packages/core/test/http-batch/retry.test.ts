import { type Answer, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, idsOf, openTracker } from "./openTracker.ts"

const failures: ReadonlyArray<readonly [string, Answer]> = [
  ["a reset connection", { kind: "reset" }],
  ["status 408", status(408)],
  ["status 429", status(429)],
  ["status 500", status(500)],
  ["status 503", status(503)],
  ["no answer within requestTimeout", { kind: "hang" }]
]

describe.each(["node", "fetch"] as const)("HttpBatch on %s", (transport) => {
  it.live.each(failures)(
    "sends a batch again after %s, once the endpoint takes it",
    ([, failure]) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({
          transport,
          requestTimeout: failure.kind === "hang" ? "1 second" : "10 seconds"
        })
        endpoint.answerNext(failure, failure)
        const events = yield* jobEvents(5)
        yield* emitAll(tracker, events)
        yield* tracker.flush()
        assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf(events))
        const stats = yield* balanced(tracker)
        assert.strictEqual(stats.delivered, 5)
        assert.strictEqual(stats.retries, 2)
      }).pipe(Effect.scoped)
  )

  it.live.each(["breakBody", "stallBody"] as const)(
    "takes the status line for an acknowledgement: %s",
    (kind) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport, requestTimeout: "1 second" })
        endpoint.answer(() => ({ kind }))
        yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
        yield* tracker.flush()
        assert.lengthOf(endpoint.requests(), 1)
        assert.strictEqual((yield* balanced(tracker)).delivered, 3)
      }).pipe(Effect.scoped)
  )

  it.live("does not follow a redirect and loses what it refuses", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      endpoint.answerNext(status(307, { location: endpoint.url }))
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.lengthOf(endpoint.stored(), 0)
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { refused: 2 })
    }).pipe(Effect.scoped))
})

describe("HttpBatch", () => {
  it.live("gives a batch up after retry.attempts and goes on with the next", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        batchSize: 2,
        concurrency: 1,
        retry: { attempts: 3, base: 1 }
      })
      endpoint.answerNext(status(503), status(503), status(503))
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      const later = yield* jobEvents(2)
      yield* emitAll(tracker, later)
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf(later))
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { retriesExhausted: 2 })
    }).pipe(Effect.scoped))

  it.live("sends one request at a time while the endpoint fails, and loses nothing", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 4 })
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      const probes: Array<number> = []
      endpoint.answer((request) => {
        if (request.index === 3) open()
        if (request.index < 4) return { kind: "after", gate, answer: status(503) }
        probes.push(endpoint.openRequests())
        return request.index < 8 ? status(503) : store
      })
      const events = yield* jobEvents(8)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.strictEqual(endpoint.mostAtOnce(), 4)
      assert.deepStrictEqual(probes.slice(0, 5), [1, 1, 1, 1, 1])
      assert.strictEqual((yield* balanced(tracker)).delivered, 8)
    }).pipe(Effect.scoped))

  it.live("takes Retry-After as one gate for all of its requests", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 4, shutdownTimeout: "50 millis" })
      endpoint.answerNext(status(429, { "retry-after": "3600" }))
      const [first, ...others] = yield* jobEvents(5)
      assert.isDefined(first)
      yield* tracker.emit(first)
      yield* tracker.flush()
      yield* emitAll(tracker, others)
      yield* tracker.flush()
      assert.lengthOf(endpoint.requests(), 1)
      assert.strictEqual((yield* balanced(tracker)).pending, 5)
    }).pipe(Effect.scoped))
})
