import { hold, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { jobEvents } from "../fixtures.ts"
import { assertStoredOnce, balanced, emitAll, idsOf, openTracker, sizesOf, transports } from "./openTracker.ts"

describe.each(transports)("batches of HttpBatch on $name", ({ transport }) => {
  it.live("are sent once they hold batchSize events", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 10, flushInterval: "1 hour" })
      const events = yield* jobEvents(25)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitStored(20)
      assert.deepStrictEqual(yield* sizesOf(endpoint), [10, 10])
      assert.sameMembers([...idsOf(yield* endpoint.stored())], [...idsOf(events.slice(0, 20))])
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("fill while a burst is still being encoded", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 700, flushInterval: 0 })
      const events = yield* jobEvents(1400)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [700, 700])
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("are sent once the next event would not fit into maxBatchBytes of UTF-8", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, maxBatchBytes: 4000, flushInterval: "1 hour" })
      const events = yield* jobEvents(20)
      yield* emitAll(tracker, events.map((event) => ({ ...event, jobName: "ü".repeat(120) })))
      yield* endpoint.awaitRequests(2)
      yield* tracker.flush()
      const sizes = (yield* endpoint.requests()).map(({ bytes }) => bytes)
      assert.isAtMost(Math.max(...sizes), 4000)
      assert.isAtMost(sizes.length, 5)
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("count what surrounds the events in maxBatchBytes too", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport })
      const events = yield* jobEvents(4)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      const [whole] = yield* endpoint.requests()
      assert.isDefined(whole)
      for (const { excess, sizes } of [{ excess: 0, sizes: [4] }, { excess: 1, sizes: [3, 1] }]) {
        const other = yield* openTracker({ transport, maxBatchBytes: whole.bytes - excess, concurrency: 1 })
        yield* emitAll(other.tracker, events)
        yield* other.tracker.flush()
        assert.deepStrictEqual(yield* sizesOf(other.endpoint), sizes)
      }
    }))

  it.live("hold a single event that is larger than maxBatchBytes alone", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, maxBatchBytes: 600 })
      const events = yield* jobEvents(3)
      yield* emitAll(
        tracker,
        events.map((event, index) => index === 1 ? { ...event, jobName: "x".repeat(2000) } : event)
      )
      yield* tracker.flush()
      assert.deepStrictEqual(yield* sizesOf(endpoint), [1, 1, 1])
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("are sent when their oldest event has waited flushInterval", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, flushInterval: "20 millis" })
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* endpoint.awaitStored(3)
      assert.deepStrictEqual(yield* sizesOf(endpoint), [3])
    }))

  it.live("never have more than `concurrency` requests under way", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 1, concurrency: 3 })
      yield* endpoint.answerNext(hold(store), hold(store), hold(store))
      yield* Effect.flatMap(jobEvents(9), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(3)
      yield* endpoint.release()
      yield* tracker.flush()
      assert.strictEqual(yield* endpoint.mostAtOnce(), 3)
      assert.strictEqual((yield* balanced(tracker)).delivered, 9)
    }))

  it.live("carry env and serviceKey, which the event cannot override, as JSON over a kept connection", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, headers: { "X-Team": "billing" } })
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const forged = { ...event, env: "elsewhere", serviceKey: "somebody" }
      yield* tracker.emit(forged)
      yield* tracker.flush()
      yield* tracker.emit(event)
      yield* tracker.flush()
      const [first, second] = yield* endpoint.requests()
      const body = { events: [{ ...event, env: "test", serviceKey: "core" }] }
      assert.deepStrictEqual(first?.body, body)
      assert.strictEqual(first?.bytes, Buffer.byteLength(JSON.stringify(body))) // and no key is there twice
      assert.strictEqual(first?.headers["content-type"], "application/json")
      assert.strictEqual(first?.headers["x-team"], "billing")
      assert.strictEqual(second?.connection, first?.connection)
      assert.strictEqual((yield* balanced(tracker)).duplicates, 1)
    }))

  it.live("carry events unchanged, whatever text they hold and however long it is", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, batchSize: 7, concurrency: 1 })
      const texts = ["x", "\"\\\u0000\n", "ü", "€", "😀", "\ud800"]
      const lengths = [1, 100, 5000, 21_845, 65_535, 65_536]
      const [event] = yield* jobEvents(1)
      assert.isDefined(event)
      const events = lengths.flatMap((length) =>
        texts.map((text) => ({ ...event, eventId: `${text}-${length}`, jobName: text.repeat(length / text.length) }))
      )
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepStrictEqual<unknown>(
        yield* endpoint.stored(),
        events.map((event) => ({ ...event, env: "test", serviceKey: "core" }))
      )
    }))

  it.live("are packed with gzip when told to", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ transport, compression: "gzip" })
      const events = yield* jobEvents(50)
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      yield* assertStoredOnce(endpoint, events)
      const [request] = yield* endpoint.requests()
      assert.strictEqual(request?.headers["content-encoding"], "gzip")
      assert.isBelow(request?.wireBytes ?? 0, (request?.bytes ?? 0) / 4)
    }))
})
