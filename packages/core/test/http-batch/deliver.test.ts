import { type Answer, comeBack, hold, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { jobEvents } from "../fixtures.ts"
import {
  assertStoredOnce,
  balanced,
  deliver,
  deliverJson,
  emitAll,
  idsOf,
  openTracker,
  passTime,
  quiet,
  sizesOf,
  transports
} from "./openTracker.ts"

const passing: ReadonlyArray<readonly [string, Answer]> = [
  ["status 401", status(401)],
  ["status 403", status(403)],
  ["status 404", status(404)],
  ["status 408", status(408)],
  ["status 429", comeBack(429, { seconds: 0 })],
  ["status 500", status(500)],
  ["status 503", status(503)],
  ["a reset connection", { kind: "reset" }]
]

const allGivenBack = {
  emitted: 0,
  delivered: 0,
  duplicates: 0,
  pending: 0,
  lost: {},
  retries: 0,
  splits: 0
}

describe.each(transports)("HttpBatch.deliver on $name", ({ transport }) => {
  it.live.each(passing)("gives all events back after %s, having lost none", ([, answer]) =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      yield* endpoint.answerNext(answer)
      const events = yield* jobEvents(3)
      assert.deepStrictEqual(yield* deliver(tracker, events), ["retryLater", "retryLater", "retryLater"])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [3])
      assert.deepStrictEqual(yield* balanced(tracker), allGivenBack)
      assert.deepStrictEqual(yield* deliver(tracker, events), ["delivered", "delivered", "delivered"])
      yield* assertStoredOnce(endpoint, events)
    }))

  it.effect("gives all events back when there is no answer within requestTimeout", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, requestTimeout: "2 seconds", shutdownTimeout: 0 })
      yield* endpoint.answerNext({ kind: "hang" })
      const events = yield* jobEvents(2)
      const delivering = yield* Effect.forkChild(deliver(tracker, events))
      yield* endpoint.awaitRequests(1)
      assert.deepStrictEqual(yield* passTime(Fiber.join(delivering)), ["retryLater", "retryLater"])
      assert.deepStrictEqual(yield* balanced(tracker), allGivenBack)
      assert.deepStrictEqual(yield* sizesOf(endpoint), [2])
    }))

  it.live("answers each event's own fate, in the order they were given", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: () => undefined })
      yield* endpoint.answerNext({
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
    }))

  it.live("sends events that are JSON already as they are, with its origin in place of theirs", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: () => undefined })
      const [first, second] = yield* jobEvents(2)
      assert.isDefined(first)
      assert.isDefined(second)
      const forged = { ...second, env: "theirs", serviceKey: "theirs" }
      const texts = [JSON.stringify(first), "no JSON", `{"eventId":"cut`, JSON.stringify(forged)]
      assert.deepStrictEqual(yield* deliverJson(tracker, texts), ["delivered", "rejected", "rejected", "delivered"])
      const origin = { env: "test", serviceKey: "core" }
      assert.deepStrictEqual<unknown>(yield* endpoint.stored(), [{ ...first, ...origin }, { ...second, ...origin }])
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { unencodable: 2 })
    }))

  it.live("has the endpoint tell which of them is no JSON inside of its braces", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: () => undefined })
      const events = yield* jobEvents(3)
      const texts = events.map((event, index) => index === 1 ? `{"eventId":"e", oh}` : JSON.stringify(event))
      assert.deepStrictEqual(yield* deliverJson(tracker, texts), ["delivered", "rejected", "delivered"])
      yield* assertStoredOnce(endpoint, events.filter((_, index) => index !== 1))
    }))

  it.live("redacts them as it does others", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        onLoss: () => undefined,
        redact: (event) => "jobName" in event ? { ...event, jobName: "hidden" } : event
      })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const verdicts = yield* deliverJson(tracker, [JSON.stringify(event), `{"cut`, "{oh}"])
      assert.deepStrictEqual(verdicts, ["delivered", "rejected", "rejected"])
      assert.deepInclude<unknown>((yield* endpoint.stored())[0], { eventId: event.eventId, jobName: "hidden" })
    }))

  it.live("rejects exactly the event that the endpoint cannot take", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: () => undefined })
      const events = yield* jobEvents(20)
      yield* endpoint.answer({ poisoned: { ids: [events[7]?.eventId ?? ""], answer: status(422) } })
      const verdicts = yield* deliver(tracker, events)
      assert.deepStrictEqual(verdicts, events.map((_, index) => index === 7 ? "rejected" : "delivered"))
      yield* assertStoredOnce(endpoint, events.filter((_, index) => index !== 7))
    }))

  it.live("waits for room instead of dropping, and sends in batches", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, maxPending: 1, batchSize: 10, concurrency: 1 })
      const events = yield* jobEvents(25)
      const verdicts = yield* deliver(tracker, events)
      assert.deepStrictEqual(verdicts, events.map(() => "delivered"))
      assert.deepStrictEqual(yield* sizesOf(endpoint), [10, 10, 5])
    }))

  it.live.each([1, 30])(
    "sends one by one what %d bytes of maxBatchBytes have no room for",
    (maxBatchBytes) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport, maxBatchBytes })
        const [first, ...events] = yield* jobEvents(4)
        assert.isDefined(first)
        yield* tracker.emit(first)
        assert.deepStrictEqual(yield* deliver(tracker, events), ["delivered", "delivered", "delivered"])
        yield* tracker.flush()
        assert.deepStrictEqual(yield* sizesOf(endpoint), [1, 1, 1, 1])
        yield* assertStoredOnce(endpoint, [first, ...events])
      })
  )

  it.effect.each([401, 503])(
    "pauses after status %d before the next call's events go",
    (code) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({
          transport,
          retry: { base: "1 second", jitter: "none" },
          shutdownTimeout: 0
        })
        yield* endpoint.answerNext(status(code))
        const events = yield* jobEvents(2)
        assert.deepStrictEqual(yield* deliver(tracker, events), ["retryLater", "retryLater"])
        const delivering = yield* Effect.forkChild(deliver(tracker, events))
        yield* TestClock.adjust("999 millis")
        yield* quiet
        assert.deepStrictEqual(yield* sizesOf(endpoint), [2])
        assert.deepStrictEqual(yield* passTime(Fiber.join(delivering)), ["delivered", "delivered"])
      })
  )

  it.live("takes back the half that waits when its caller gives up", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, concurrency: 1 })
      yield* endpoint.answerNext(status(422), hold(store))
      const events = yield* jobEvents(4)
      const delivering = yield* Effect.forkChild(deliver(tracker, events))
      yield* endpoint.awaitRequests(2)
      yield* Fiber.interrupt(delivering)
      assert.deepInclude(yield* balanced(tracker), { emitted: 2, pending: 2 })
      yield* endpoint.release()
      const last = yield* jobEvents(1)
      yield* emitAll(tracker, last)
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf([...events.slice(0, 2), ...last]))
    }))

  it.live("takes back what is not under way when its caller gives up", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 1 })
      yield* endpoint.answerNext(hold(store))
      const events = yield* jobEvents(5)
      const fiber = yield* Effect.forkChild(deliver(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(yield* tracker.pending(), 1)
      yield* endpoint.release()
      yield* endpoint.awaitStored(1)
      const last = yield* jobEvents(1)
      yield* emitAll(tracker, last)
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(yield* endpoint.stored()), idsOf([...events.slice(0, 1), ...last]))
      assert.strictEqual((yield* balanced(tracker)).emitted, 2)
    }))
})
