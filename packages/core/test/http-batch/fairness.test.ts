import { hold, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, deliver, emitAll, idsOf, openTracker, quiet } from "./openTracker.ts"

describe("HttpBatch.deliver beside emit", () => {
  it.live("takes turns with what is emitted", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 1, flushInterval: 0 })
      yield* endpoint.answerNext(hold(store))
      const [first, ...events] = yield* jobEvents(9)
      assert.isDefined(first)
      yield* tracker.emit(first)
      yield* endpoint.awaitRequests(1)
      const handed = events.slice(0, 4)
      const emitted = events.slice(4)
      const delivering = yield* Effect.forkChild(deliver(tracker, handed), { startImmediately: true })
      yield* emitAll(tracker, emitted)
      yield* endpoint.release()
      yield* Fiber.join(delivering)
      yield* tracker.flush()
      const stored = idsOf(yield* endpoint.stored()).slice(1)
      const isHanded = stored.map((id) => idsOf(handed).includes(id))
      assert.deepStrictEqual(isHanded, [true, false, true, false, true, false, true, false])
    }))

  it.live("gives calls their turns, so that a small one does not wait for a large one", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 1 })
      yield* endpoint.answerNext(hold(store))
      const [first, ...events] = yield* jobEvents(8)
      assert.isDefined(first)
      const large = yield* Effect.forkChild(deliver(tracker, events.slice(0, 6)), { startImmediately: true })
      yield* endpoint.awaitRequests(1)
      const small = yield* Effect.forkChild(deliver(tracker, [first]), { startImmediately: true })
      yield* endpoint.release()
      yield* Fiber.join(small)
      yield* Fiber.join(large)
      const place = idsOf(yield* endpoint.stored()).indexOf(first.eventId)
      assert.include([1, 2], place)
    }))

  it.live("encodes no more of a call than requests have room for", () =>
    Effect.gen(function*() {
      let encoded = 0
      const { endpoint, tracker } = yield* openTracker({
        batchSize: 10,
        concurrency: 2,
        redact: (event) => {
          encoded += 1
          return event
        }
      })
      yield* endpoint.answer({ otherwise: hold(store) })
      const delivering = yield* Effect.forkChild(Effect.flatMap(jobEvents(500), (events) => deliver(tracker, events)))
      yield* endpoint.awaitRequests(2)
      assert.strictEqual(encoded, 20)
      assert.deepInclude(yield* balanced(tracker), { emitted: 500, pending: 500 })
      yield* endpoint.answer({ otherwise: store })
      yield* endpoint.release()
      assert.deepStrictEqual(new Set(yield* Fiber.join(delivering)), new Set(["delivered"]))
    }))

  it.live("lets a Worker end when the call is given up", () =>
    Effect.gen(function*() {
      const promises: Array<Promise<void>> = []
      const { endpoint, tracker } = yield* openTracker({
        retry: { base: "1 hour", max: "1 hour", jitter: "none" },
        waitUntil: (promise) => promises.push(promise)
      })
      yield* endpoint.answerNext(status(503))
      yield* Effect.flatMap(jobEvents(1), (events) => deliver(tracker, events))
      const delivering = yield* Effect.forkChild(Effect.flatMap(jobEvents(3), (events) => deliver(tracker, events)))
      yield* Effect.repeat(tracker.pending(), { until: (pending) => pending === 3 })
      assert.lengthOf(promises, 2)
      yield* quiet // nothing but the end of the call could set delivery going again
      yield* Fiber.interrupt(delivering)
      yield* Effect.promise(() => Promise.all(promises))
      assert.deepInclude(yield* balanced(tracker), { emitted: 0, pending: 0, lost: {} })
    }))
})
