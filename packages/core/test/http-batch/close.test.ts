import { startEndpoint, status, store } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, ManagedRuntime, Scope } from "effect"
import { emitEvent, EventTracker, HttpBatchTrackerLayer, type TrackerLoss } from "../../src/index.ts"
import { jobEvents } from "../fixtures.ts"
import { balanced, configFor, createQuietly, emitAll, idsOf, openTracker } from "./openTracker.ts"

describe("closing HttpBatch", () => {
  it.live("delivers all that is pending, retries included", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint
      const scope = yield* Scope.make()
      const tracker = yield* createQuietly(
        configFor(endpoint, { flushInterval: "1 hour", maxPending: 20_000 })
      )
        .pipe(Scope.provide(scope))
      endpoint.answerNext(status(503), { kind: "reset" })
      const events = yield* jobEvents(20_000)
      yield* emitAll(tracker, events)
      yield* Scope.close(scope, Exit.void)
      assert.sameMembers([...idsOf(endpoint.stored())], [...idsOf(events)])
      assert.strictEqual((yield* balanced(tracker)).delivered, 20_000)
    }).pipe(Effect.scoped))

  it.live("counts what shutdownTimeout did not suffice for, tells of it, and takes nothing after", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint
      endpoint.answer(() => ({ kind: "hang" }))
      const losses: Array<TrackerLoss> = []
      const scope = yield* Scope.make()
      const config = configFor(endpoint, {
        shutdownTimeout: "30 millis",
        batchSize: 2,
        onLoss: (loss) => losses.push(loss)
      })
      const tracker = yield* Scope.provide(createQuietly(config), scope)
      const events = yield* jobEvents(11)
      yield* emitAll(tracker, events)
      yield* endpoint.awaitRequests(4)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { shutdown: 11 })
      assert.sameMembers(losses.flatMap(({ eventIds }) => eventIds), events.map(({ eventId }) => eventId))
      yield* emitAll(tracker, events)
      yield* tracker.flush()
      const stats = yield* balanced(tracker)
      assert.deepStrictEqual(stats.lost, { shutdown: 22 })
      assert.strictEqual(stats.pending, 0)
    }).pipe(Effect.scoped))

  it.live("keeps to Retry-After", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint
      endpoint.answerNext(status(429, { "retry-after": "3600" }))
      const scope = yield* Scope.make()
      const config = configFor(endpoint, { shutdownTimeout: "30 millis", onLoss: () => undefined })
      const tracker = yield* Scope.provide(createQuietly(config), scope)
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* Scope.close(scope, Exit.void)
      assert.lengthOf(endpoint.requests(), 1)
      assert.deepStrictEqual((yield* balanced(tracker)).lost, { shutdown: 3 })
    }).pipe(Effect.scoped))

  it.live("does not sit out a backoff", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint
      endpoint.answerNext(status(503))
      const scope = yield* Scope.make()
      const config = configFor(endpoint, { retry: { base: "1 hour", max: "1 hour", jitter: "none" }, flushInterval: 0 })
      const tracker = yield* Scope.provide(createQuietly(config), scope)
      yield* Effect.flatMap(jobEvents(3), (events) => emitAll(tracker, events))
      yield* endpoint.awaitRequests(1)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* balanced(tracker)).delivered, 3)
    }).pipe(Effect.scoped))

  it.live("happens when the fiber that holds it is interrupted", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint
      const { promise: isEmitted, resolve } = Promise.withResolvers<void>()
      const program = Effect.flatMap(jobEvents(7), Effect.forEach(emitEvent)).pipe(
        Effect.andThen(Effect.sync(resolve)),
        Effect.andThen(Effect.never),
        Effect.provide(HttpBatchTrackerLayer(configFor(endpoint, { flushInterval: "1 hour" })))
      )
      const fiber = yield* Effect.forkChild(program)
      yield* Effect.promise(() => isEmitted)
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(endpoint.stored(), 7)
    }).pipe(Effect.scoped))

  it.live("of a ManagedRuntime ends the one tracker that all of its runs shared", () =>
    Effect.gen(function*() {
      const endpoint = yield* startEndpoint
      const runtime = ManagedRuntime.make(HttpBatchTrackerLayer(configFor(endpoint, { flushInterval: "1 hour" })))
      const emitOne = Effect.flatMap(jobEvents(1), Effect.forEach(emitEvent))
      const tracker = yield* Effect.promise(() => runtime.runPromise(EventTracker))
      yield* Effect.promise(() => Promise.all([1, 2, 3].map(() => runtime.runPromise(emitOne))))
      assert.strictEqual((yield* tracker.stats()).emitted, 3)
      yield* Effect.promise(() => runtime.dispose())
      assert.deepStrictEqual(endpoint.requests().map((request) => request.events.length), [3])
    }).pipe(Effect.scoped))
})

describe("flushing HttpBatch", () => {
  it.live("waits for what was emitted before and not for what came after", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 2, concurrency: 1, flushInterval: "1 hour" })
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      endpoint.answer((request) => request.index === 0 ? store : { kind: "after", gate, answer: store })
      const [first, second, third] = yield* jobEvents(3)
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      yield* tracker.emit(first)
      const flushing = yield* Effect.forkChild(tracker.flush(), { startImmediately: true })
      yield* endpoint.awaitRequests(1)
      yield* emitAll(tracker, [second, third])
      yield* endpoint.awaitRequests(2)
      yield* Fiber.join(flushing)
      assert.strictEqual((yield* balanced(tracker)).pending, 2)
      open()
    }).pipe(Effect.scoped))

  it.live("does not take a later event's delivery for an earlier one's", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ batchSize: 1, concurrency: 2 })
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      endpoint.answer((request) => request.index === 0 ? { kind: "after", gate, answer: store } : store)
      const [first, second] = yield* jobEvents(2)
      assert.isDefined(first)
      assert.isDefined(second)
      yield* tracker.emit(first)
      const flushing = yield* Effect.forkChild(tracker.flush(), { startImmediately: true })
      yield* endpoint.awaitRequests(1)
      yield* tracker.emit(second)
      yield* Effect.repeat(tracker.stats().pipe(Effect.tap(Effect.yieldNow)), {
        until: (stats) => stats.delivered === 1
      })
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      assert.isUndefined(flushing.pollUnsafe())
      open()
      yield* Fiber.join(flushing)
      assert.strictEqual((yield* balanced(tracker)).delivered, 2)
    }).pipe(Effect.scoped))

  it.live("ends after shutdownTimeout, and delivery goes on", () =>
    Effect.gen(function*() {
      const { endpoint, tracker } = yield* openTracker({ shutdownTimeout: "20 millis" })
      const { promise: gate, resolve: open } = Promise.withResolvers<void>()
      endpoint.answer(() => ({ kind: "after", gate, answer: store }))
      yield* Effect.flatMap(jobEvents(2), (events) => emitAll(tracker, events))
      yield* tracker.flush()
      assert.strictEqual((yield* balanced(tracker)).pending, 2)
      open()
      yield* endpoint.awaitStored(2)
    }).pipe(Effect.scoped))
})
