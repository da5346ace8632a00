import { hold, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, openTracker, quiet, transports, until } from "./openTracker.ts"

describe.each(transports)("flushing HttpBatch on $name", ({ transport }) => {
  it.live("waits for what was emitted before and not for what came after", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({
        transport,
        batchSize: 2,
        concurrency: 1,
        flushInterval: "1 hour"
      })
      yield* endpoint.answerNext(store, hold(store))
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events.slice(0, 1))
      const flushing = yield* Effect.forkChild(tracker.flush(), { startImmediately: true })
      yield* endpoint.awaitRequests(1)
      yield* emitAll(tracker, events.slice(1))
      yield* endpoint.awaitRequests(2)
      yield* Fiber.join(flushing)
      assert.strictEqual((yield* balanced(tracker)).pending, 2)
      yield* endpoint.release()
    }))

  it.live("does not take a later event's delivery for an earlier one's", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 2 })
      yield* endpoint.answerNext(hold(store))
      const events = yield* jobEvents(2)
      yield* emitAll(tracker, events.slice(0, 1))
      const flushing = yield* Effect.forkChild(tracker.flush(), { startImmediately: true })
      yield* endpoint.awaitRequests(1)
      yield* emitAll(tracker, events.slice(1))
      yield* until(tracker, ({ delivered }) => delivered === 1)
      yield* quiet
      assert.isUndefined(flushing.pollUnsafe())
      yield* endpoint.release()
      yield* Fiber.join(flushing)
      assert.strictEqual((yield* balanced(tracker)).delivered, 2)
    }))

  it.effect("takes no time when nothing is pending", () =>
    Effect.gen(function*() {
      const { tracker } = yield* openTracker({ transport })
      yield* tracker.flush() // the test's clock stands still
      assert.strictEqual((yield* balanced(tracker)).emitted, 0)
    }))

  it.live("ends after shutdownTimeout, and delivery goes on", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, shutdownTimeout: "20 millis" })
      yield* endpoint.answerNext(hold(store))
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.strictEqual((yield* balanced(tracker)).pending, 2)
      yield* endpoint.release()
      yield* endpoint.awaitStored(2)
    }))
})
