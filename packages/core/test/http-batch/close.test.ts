import { comeBack, hold, startEndpoint, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, ManagedRuntime } from "effect"
import { emitEvent, EventTracker, HttpBatchTrackerLayer, type TrackerLoss } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import {
  assertStoredOnce,
  balanced,
  configFor,
  deliver,
  emitAll,
  openTracker,
  quiet,
  sizesOf,
  transports
} from "./openTracker.ts"

describe.each(transports)("closing HttpBatch on $name", ({ transport }) => {
  it.live("delivers all that is pending, retries included", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        flushInterval: "1 hour",
        maxPending: 20_000
      })
      yield* endpoint.answerNext(status(503), { kind: "reset" }, store, comeBack(429, { seconds: 0 }))
      const events = yield* jobEvents(20_000)
      yield* emitAll(tracker, events)
      yield* close
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 20_000, pending: 0, lost: {} })
    }))

  it.live("sets delivery going that waited for its batch to fill", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({ transport, flushInterval: "1 hour" })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* quiet
      yield* close
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("lets a request that is under way come to its end", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({ transport, batchSize: 2 })
      yield* endpoint.answerNext(hold(store))
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(1)
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      yield* endpoint.awaitStored(1)
      yield* endpoint.release()
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* sizesOf(endpoint), [2, 1])
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 3, retries: 0, lost: {} })
    }))

  it.live("counts what shutdownTimeout did not suffice for, tells of it, and takes nothing after", () =>
    Effect.gen(function*() {
      const losses: Array<TrackerLoss> = []
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        shutdownTimeout: "30 millis",
        batchSize: 2,
        onLoss: (loss) => losses.push(loss)
      })
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      const events = yield* jobEvents(11)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(4)
      yield* close
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { shutdown: 11 })
      assert.sameMembers(losses.flatMap(({ eventIds }) => eventIds), events.map(({ eventId }) => eventId))
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      assert.deepInclude(yield* balanced(tracker), { pending: 0, lost: { shutdown: 22 } })
    }))

  it.live("says in the log what becomes of all that is emitted after", () =>
    Effect.gen(function*() {
      const { close, endpoint, logged, tracker } = yield* openTracker({
        transport,
        shutdownTimeout: "30 millis",
        flushInterval: 0
      })
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(1)
      yield* close
      assert.lengthOf(logged, 1)
      assert.include(logged[0], "3 tracking events are lost (shutdown)")
      for (const event of events) {
        yield* tracker.emit(event)
        yield* quiet
      }
      assert.lengthOf(logged, 2)
      assert.match(logged[1] ?? "", /1 tracking event is lost \(shutdown\).* all .* after .*stats/)
    }))

  it.live("takes the status line for the answer of a body that never ends", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({ transport, shutdownTimeout: "1 second" })
      yield* endpoint.answer({ otherwise: { kind: "stallBody" } })
      const events = yield* jobEvents(3)
      yield* emitAll(tracker, events)
      yield* close
      yield* assertStoredOnce(endpoint, events)
      assert.deepInclude(yield* balanced(tracker), { delivered: 3, pending: 0, lost: {} })
    }))

  it.live("keeps to Retry-After", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        shutdownTimeout: "30 millis",
        flushInterval: 0,
        onLoss: () => undefined
      })
      yield* endpoint.answerNext(comeBack(429, { seconds: 3600 }))
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* close
      assert.deepStrictEqual(yield* sizesOf(endpoint), [3])
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { shutdown: 3 })
    }))

  it.live("does not sit out a backoff", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker, warning } = yield* openTracker({
        transport,
        retry: { base: "1 hour", max: "1 hour", jitter: "none" },
        flushInterval: 0
      })
      yield* endpoint.answerNext(status(503))
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* warning
      yield* close
      assert.deepInclude(yield* balanced(tracker), { delivered: 3, lost: {} })
    }))

  it.live("does not sit out a backoff that begins meanwhile", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        retry: { base: "1 hour", max: "1 hour", jitter: "none" },
        flushInterval: "1 hour"
      })
      yield* endpoint.answerNext(status(503), status(503))
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* close
      assert.deepInclude(yield* balanced(tracker), { delivered: 3, retries: 2, lost: {} })
    }))

  it.live("leaves no request under way", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        shutdownTimeout: "30 millis",
        flushInterval: 0,
        onLoss: () => undefined
      })
      yield* endpoint.answerNext({ kind: "hang" })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* close
      const next = yield* openTracker({ transport, endpoint: endpoint.url })
      yield* Effect.flatMap(jobEvents(1), (events) => emitAll(next.tracker, events))
      yield* next.tracker.flush()
      assert.deepStrictEqual((yield* endpoint.requests()).map(({ open }) => open), [1, 1])
    }))

  it.live("counts what is not even encoded when there is no time at all", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        shutdownTimeout: 0,
        onLoss: () => undefined
      })
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      const events = yield* jobEvents(2000)
      yield* emitAll(tracker, events)
      yield* close
      assert.deepInclude(yield* balanced(tracker), { pending: 0, lost: { shutdown: 2000 } })
    }))

  it.live("gives back what was given to deliver, and takes no more of it", () =>
    Effect.gen(function*() {
      const { close, endpoint, tracker } = yield* openTracker({
        transport,
        shutdownTimeout: "30 millis",
        batchSize: 2,
        concurrency: 1
      })
      yield* endpoint.answer({ otherwise: { kind: "hang" } })
      const events = yield* jobEvents(5)
      const delivering = yield* Effect.forkChild(deliver(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* close
      const givenBack = events.map(() => "retryLater" as const)
      assert.deepStrictEqual(yield* Fiber.join(delivering), givenBack)
      assert.deepStrictEqual(yield* deliver(tracker, events), givenBack)
      assert.deepInclude(yield* balanced(tracker), { emitted: 0, pending: 0, lost: {} })
    }))

  it.live("happens when the fiber that holds it is interrupted", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const events = yield* jobEvents(7)
      const { promise: isEmitted, resolve } = Promise.withResolvers<void>()
      const program = Effect.forEach(events, emitEvent).pipe(
        Effect.andThen(Effect.sync(resolve)),
        Effect.andThen(Effect.never),
        Effect.provide(HttpBatchTrackerLayer(configFor(endpoint, { transport, flushInterval: "1 hour" })))
      )
      const fiber = yield* Effect.forkChild(program)
      yield* Effect.promise(() => isEmitted)
      yield* Fiber.interrupt(fiber)
      yield* assertStoredOnce(endpoint, events)
    }))

  it.live("of a ManagedRuntime ends the one tracker that all of its runs shared", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint()
      const config = configFor(endpoint, { transport, flushInterval: "1 hour" })
      const runtime = ManagedRuntime.make(HttpBatchTrackerLayer(config))
      const emitOne = Effect.flatMap(jobEvents(1), Effect.forEach(emitEvent))
      const tracker = yield* Effect.promise(() => runtime.runPromise(EventTracker))
      yield* Effect.promise(() => Promise.all([1, 2, 3].map(() => runtime.runPromise(emitOne))))
      assert.strictEqual((yield* tracker.stats()).emitted, 3)
      yield* Effect.promise(() => runtime.dispose())
      assert.deepStrictEqual(yield* sizesOf(endpoint), [3])
    }))
})
