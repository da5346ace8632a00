import { hold, problem, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { jobEvents } from "../fixtures.ts"
import { balanced, deliver, idsOf, openTracker, passTime, quiet, sizesOf, transports, until } from "./openTracker.ts"

const byProxy = status(400, { "content-type": "text/plain" }, "plain HTTP sent to an HTTPS port")

describe.each(transports)("HttpBatch.deliver on $name to an endpoint that does not take an event", ({ transport }) => {
  it.live("gives all back while everything is refused, and says so once", () =>
    Effect.gen(function*() {
      const { endpoint, logged, tracker } = yield* openTracker({ transport, batchSize: 3 })
      yield* endpoint.answer({ otherwise: byProxy })
      const events = yield* jobEvents(7)
      assert.deepStrictEqual(yield* deliver(tracker, events), events.map(() => "retryLater"))
      assert.deepInclude(yield* balanced(tracker), { emitted: 0, lost: {} })
      assert.lengthOf(logged, 1)
      assert.match(logged[0] ?? "", /status 400 \(plain HTTP sent to an HTTPS port\).* kept .*TRACKER_ENDPOINT/)

      yield* endpoint.answer({})
      assert.deepStrictEqual(yield* deliver(tracker, events), events.map(() => "delivered"))
    }))

  it.live("gives back what is refused once something before the endpoint refuses everything", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 2, concurrency: 1 })
      yield* endpoint.answerNext(store)
      yield* endpoint.answer({ otherwise: byProxy })
      const verdicts = yield* deliver(tracker, yield* jobEvents(4))
      assert.deepStrictEqual(verdicts, ["delivered", "delivered", "retryLater", "retryLater"])
    }))

  it.live("delivers what was refused when the endpoint comes back meanwhile", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, concurrency: 1 })
      yield* endpoint.answerNext(byProxy, byProxy)
      const events = yield* jobEvents(2)
      assert.deepStrictEqual(yield* deliver(tracker, events), ["delivered", "delivered"])
      assert.deepStrictEqual((yield* endpoint.requests()).map((request) => idsOf(request.events)), [
        idsOf(events),
        idsOf(events.slice(0, 1)),
        idsOf(events.slice(1)),
        idsOf(events.slice(0, 1))
      ])
    }))

  it.live("tries an event that was refused alone once more after all others of its call", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 1 })
      yield* endpoint.answerNext(byProxy)
      const events = yield* jobEvents(3)
      assert.deepStrictEqual(yield* deliver(tracker, events), ["delivered", "delivered", "delivered"])
      const [first, second, third] = idsOf(events)
      const sent = (yield* endpoint.requests()).flatMap((request) => idsOf(request.events))
      assert.deepStrictEqual(sent, [first, second, third, first])
    }))

  it.live.each([0, 3])(
    "rejects the event at fault, number %d, once the others are taken",
    (index) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport, concurrency: 1, onLoss: () => undefined })
        const events = yield* jobEvents(4)
        yield* endpoint.answer({ poisoned: { ids: [events[index]?.eventId ?? ""], answer: byProxy } })
        const verdicts = yield* deliver(tracker, events)
        assert.deepStrictEqual(verdicts, events.map((_, other) => other === index ? "rejected" : "delivered"))
        assert.deepStrictEqual((yield* balanced(tracker)).lost, { rejected: 1 })
      })
  )

  const refusedLots = [{ count: 100, most: 40 }, { count: 1600, most: 80 }]
  it.live.each(refusedLots)(
    "gives $count events back with at most $most requests while everything is refused",
    ({ count, most }) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport })
        yield* endpoint.answer({ otherwise: byProxy })
        const events = yield* jobEvents(count)
        assert.deepStrictEqual(new Set(yield* deliver(tracker, events)), new Set(["retryLater"]))
        assert.isAtMost((yield* sizesOf(endpoint)).length, most)
        assert.deepInclude(yield* balanced(tracker), { emitted: 0, pending: 0, lost: {} })
      })
  )

  it.live.each([[0, 1], [6, 7], [3, 4], [0, 7]])(
    "rejects two events at fault, numbers %d and %d of eight",
    (indexes) =>
      Effect.gen(function*() {
        const { endpoint, tracker } = yield* openTracker({ transport, concurrency: 1, onLoss: () => undefined })
        const events = yield* jobEvents(8)
        const ids = indexes.map((index) => events[index]?.eventId ?? "")
        yield* endpoint.answer({ poisoned: { ids, answer: byProxy } })
        const verdicts = yield* deliver(tracker, events)
        assert.deepStrictEqual(verdicts, events.map(({ eventId }) => ids.includes(eventId) ? "rejected" : "delivered"))
      })
  )

  it.live("asks once for a lone event", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      yield* endpoint.answer({ otherwise: byProxy })
      assert.deepStrictEqual(yield* deliver(tracker, yield* jobEvents(1)), ["retryLater"])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1])
    }))

  it.live("sends nothing more of a call that was given up, whatever is answered to what is under way", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 4, concurrency: 1 })
      yield* endpoint.answerNext(hold(byProxy))
      const delivering = yield* Effect.forkChild(Effect.flatMap(jobEvents(8), (events) => deliver(tracker, events)))
      yield* endpoint.awaitRequests(1)
      yield* Fiber.interrupt(delivering)
      yield* endpoint.release()
      yield* until(tracker, ({ pending }) => pending === 0)
      yield* Effect.flatMap(jobEvents(1), Effect.forEach(tracker.emit))
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [4, 1])
    }))

  it.live("gives back a lone event that is refused in JSON of somebody else", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      yield* endpoint.answerNext(status(400, { "content-type": "application/json" }, `{"message":"bad request"}`))
      assert.deepStrictEqual(yield* deliver(tracker, yield* jobEvents(1)), ["retryLater"])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1]) // there are no others to show what the endpoint takes
    }))

  it.live("rejects a lone event that is too large", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, onLoss: () => undefined })
      yield* endpoint.answerNext(status(413))
      assert.deepStrictEqual(yield* deliver(tracker, yield* jobEvents(1)), ["rejected"])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1])
    }))

  it.effect("pauses after each event that was refused alone", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        concurrency: 1,
        retry: { base: "1 second", jitter: "none" },
        shutdownTimeout: 0
      })
      yield* endpoint.answer({ otherwise: byProxy })
      const delivering = yield* Effect.forkChild(Effect.flatMap(jobEvents(2), (events) => deliver(tracker, events)))
      yield* endpoint.awaitRequests(2)
      yield* TestClock.adjust("999 millis")
      yield* quiet
      assert.deepStrictEqual(yield* sizesOf(endpoint), [2, 1])
      assert.deepStrictEqual(yield* passTime(Fiber.join(delivering)), ["retryLater", "retryLater"])
    }))

  it.live.each([400, 422])("rejects a lone event after status %d as a problem", (code) =>
    Effect.gen(function*() {
      const { promise: told, resolve } = Promise.withResolvers<string>()
      const { endpoint, logged, tracker } = yield* openTracker({ transport, onLoss: ({ detail }) => resolve(detail) })
      yield* endpoint.answer({ otherwise: problem(code) })
      assert.deepStrictEqual(yield* deliver(tracker, yield* jobEvents(1)), ["rejected"])
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1])
      assert.deepStrictEqual(logged, [])
      assert.strictEqual(yield* Effect.promise(() => told), `status ${code}: invalid event`)
    }))
})
