import { store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { balanced, emitAll, idsOf, openTracker } from "./openTracker.ts"

describe("batches of HttpBatch", () => {
  it.live("are sent once they hold batchSize events", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 10, flushInterval: "1 hour", concurrency: 1 })
      const events = yield* jobEvents(25)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitStored(20)
      assert.deepStrictEqual(endpoint.requests().map((request) => request.events.length), [10, 10])
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf(events.slice(0, 20)))
      yield* tracker.flush()
      assert.deepStrictEqual(idsOf(endpoint.stored()), idsOf(events))
    }).pipe(Effect.scoped))

  it.live("are sent once the next event would not fit into maxBatchBytes of UTF-8", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ maxBatchBytes: 4000, flushInterval: "1 hour" })
      const events = yield* jobEvents(20)
      yield* emitAll(tracker, events.map((event) => ({ ...event, jobName: "ü".repeat(120) })))
      yield* endpoint.awaitRequests(2)
      yield* tracker.flush()
      const sizes = endpoint.requests().map(({ bytes }) => bytes)
      assert.isAtMost(Math.max(...sizes), 4000)
      assert.isAtMost(sizes.length, 5)
      assert.lengthOf(endpoint.stored(), 20)
    }).pipe(Effect.scoped))

  it.live("hold a single event that is larger than maxBatchBytes alone", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ maxBatchBytes: 600 })
      const [small, large, last] = yield* jobEvents(3)
      assert.isDefined(small)
      assert.isDefined(large)
      assert.isDefined(last)
      yield* emitAll(tracker, [small, { ...large, jobName: "x".repeat(2000) }, last])
      yield* tracker.flush()
      assert.deepStrictEqual(endpoint.requests().map((request) => request.events.length), [1, 1, 1])
      assert.lengthOf(endpoint.stored(), 3)
    }).pipe(Effect.scoped))

  it.live("are sent when their oldest event has waited flushInterval", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ flushInterval: "20 millis" })
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* endpoint.awaitStored(3)
      assert.lengthOf(endpoint.requests(), 1)
    }).pipe(Effect.scoped))

  it.live("never have more than `concurrency` requests under way", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 3 })
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      endpoint.answer(() => ({ kind: "after", gate, answer: store }))
      yield* Effect.flatMap(jobEvents(9), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(3)
      open()
      yield* tracker.flush()
      assert.strictEqual(endpoint.mostAtOnce(), 3)
      assert.strictEqual((yield* balanced(tracker)).delivered, 9)
    }).pipe(Effect.scoped))

  it.live("carry env and serviceKey, which the event cannot override, as JSON over a kept connection", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ headers: { "X-Team": "billing" } })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const forged = { ...event, env: "elsewhere", serviceKey: "somebody" }
      yield* tracker.emit(forged)
      yield* tracker.flush()
      yield* tracker.emit(event)
      yield* tracker.flush()
      const [first, second] = endpoint.requests()
      assert.deepStrictEqual(first?.body, { events: [{ ...event, env: "test", serviceKey: "core" }] })
      assert.strictEqual(first?.headers["content-type"], "application/json")
      assert.strictEqual(first?.headers["x-team"], "billing")
      assert.strictEqual(second?.connection, first?.connection)
      assert.strictEqual((yield* balanced(tracker)).duplicates, 1)
    }).pipe(Effect.scoped))
})
