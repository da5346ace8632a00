import { type Answer, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, deliver, emitAll, idsOf, openTracker } from "./openTracker.ts"

const passing: ReadonlyArray<readonly [string, Answer]> = [
  ["status 401", status(401)],
  ["status 403", status(403)],
  ["status 404", status(404)],
  ["status 408", status(408)],
  ["status 429", status(429)],
  ["status 500", status(500)],
  ["status 503", status(503)],
  ["a reset connection", { kind: "reset" }],
  ["no answer", { kind: "hang" }]
]

describe("HttpBatch.deliver", () => {
  it.live.each(passing)("gives all events back after %s, having lost none", ([, answer]) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        requestTimeout: answer.kind === "hang" ? "1 second" : "10 seconds"
      })
      endpoint.answerNext(answer)
      const events = yield* jobEvents(3)
      assert.deepStrictEqual(yield* deliver(tracker, events), ["retryLater", "retryLater", "retryLater"])
      assert.lengthOf(endpoint.requests(), 1)
      assert.deepStrictEqual(yield* balanced(tracker), {
        emitted: 0,
        delivered: 0,
        duplicates: 0,
        pending: 0,
        lost: {},
        retries: 0,
        splits: 0
      })
      assert.deepStrictEqual(yield* deliver(tracker, events), ["delivered", "delivered", "delivered"])
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf(events))
    }).pipe(Effect.scoped))

  it.live("answers each event's own fate, in the order they were given", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ onLoss: () => undefined })
      endpoint.answerNext({
        kind: "store",
        reject: [
          { index: 0, code: "invalid_payload", detail: "", retryable: false },
          { index: 2, code: "store_busy", detail: "", retryable: true }
        ]
      })
      const [first, second, third, fourth] = yield* jobEvents(4)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      assert.isDefined(fourth)
      const poisoned = { ...second, type: "job.created" as const, input: 1n }
      const verdicts = yield* deliver(tracker, [first, poisoned, third, fourth])
      // The poisoned one is not sent, so that the endpoint's indexes are of first, third and fourth.
      assert.deepStrictEqual(verdicts, ["rejected", "rejected", "delivered", "retryLater"])
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { unencodable: 1, rejected: 1 })
    }).pipe(Effect.scoped))

  it.live("rejects exactly the event that the endpoint cannot take", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ onLoss: () => undefined })
      const events = yield* jobEvents(20)
      const poisoned = events[7]?.eventId
      endpoint.answer((request) => idsOf(request.events).includes(poisoned) ? status(422) : store)
      const verdicts = yield* deliver(tracker, events)
      assert.deepStrictEqual(verdicts, events.map((_, index) => index === 7 ? "rejected" : "delivered"))
      assert.lengthOf(endpoint.stored(), 19)
    }).pipe(Effect.scoped))

  it.live("waits for room instead of dropping, and sends in batches", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ maxPending: 1, batchSize: 10, concurrency: 1 })
      const events = yield* jobEvents(25)
      const verdicts = yield* deliver(tracker, events)
      assert.deepStrictEqual(verdicts, events.map(() => "delivered"))
      assert.deepStrictEqual(endpoint.requests().map((request) => request.events.length), [10, 10, 5])
    }).pipe(Effect.scoped))

  it.live("takes back what is not under way when its caller gives up", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 1 })
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      endpoint.answer(() => ({ kind: "after", gate, answer: store }))
      const events = yield* jobEvents(5)
      const fiber = yield* Effect.forkChild(deliver(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* tracker.pending(), 1)
      open()
      yield* endpoint.awaitStored(1)
      const last = yield* jobEvents(1)
      yield* emitAll(tracker, last)
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf([...events.slice(0, 1), ...last]))
      assert.strictEqual((yield* balanced(tracker)).emitted, 2)
    }).pipe(Effect.scoped))
})
