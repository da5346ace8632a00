import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, Debounce } from "../../src/index.ts"
import { Amount, failingFlush, type Summing, summing } from "../support/debounces.ts"
import { assertOrdered, path } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }
const begun = ["job.created", "job.started", "debounce.event.added(1)", "alarm.scheduled(flush)"]
const flushedInTime = (eventCount: number) => [
  "alarm.fired(flush)",
  `debounce.flush.triggered(timeout ${eventCount})`,
  "execution.started(flush 1)",
  "execution.succeeded",
  "job.completed(flushed)"
]

describe.each(storages)("the order of a debounce job's events on $name", ({ open }) => {
  const play = Effect.fnUntraced(function*({ definition }: { readonly definition: Summing }) {
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
    const job = runtime.client.debounce("job")
    const told = Effect.tap(runtime.events, (events) => Effect.sync(() => assertOrdered(events)))
    return { job, events: told, path: Effect.map(told, path) }
  })

  it.effect("the first event begins an instance, the next ones join it, the time flushes them", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(summing())
      assert.deepStrictEqual(yield* job.add({ id, event: { amount: 5 } }), {
        instanceId: "debounce:job:a",
        created: true,
        eventCount: 1,
        willFlushAt: 10_000,
        retryScheduled: false,
        status: "debouncing"
      })
      yield* TestClock.adjust("4 seconds")
      assert.deepInclude(yield* job.add({ id, event }), { created: false, eventCount: 2, willFlushAt: 10_000 })
      assert.deepStrictEqual(yield* path, [...begun, "debounce.event.added(2)"])
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual((yield* path).slice(5), flushedInTime(2))
      const all = yield* events
      assert.deepInclude(all[0], { input: { amount: 5 } })
      assert.deepInclude(all[1], { input: { amount: 5 } })
      assert.deepInclude(all[2], { eventCount: 1, isFirst: true, flushAt: "1970-01-01T00:00:10.000Z" })
      assert.deepInclude(all[4], { eventCount: 2, isFirst: false, flushAt: "1970-01-01T00:00:10.000Z" })
      assert.deepInclude(all[5], { kind: "flush", scheduledFor: "1970-01-01T00:00:10.000Z", lateByMs: 0 })
      assert.deepInclude(all[6], { reason: "timeout", eventCount: 2, windowMs: 10_000 })
      assert.deepInclude(all[7], { handler: "execute", runCount: 1, isRetry: false })
      assert.deepInclude(all[8], { preExecutionState: { sum: 6 }, attempt: 1 })
      assert.deepInclude(all[9], { reason: "flushed", runCount: 1 })
      assert.strictEqual(new Set(all.flatMap(({ executionId }) => executionId ?? [])).size, 1)
    }))

  it.effect("a trailing buffer's alarm is replaced by each event that comes later", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(summing({ mode: "trailing", maxWait: "12 seconds" }))
      yield* job.add({ id, event })
      yield* job.add({ id, event })
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* job.add({ id, event }), { willFlushAt: 12_000 })
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* job.add({ id, event }), { willFlushAt: 12_000 })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* path, [
        ...begun,
        "debounce.event.added(2)",
        "debounce.event.added(3)",
        "alarm.scheduled(flush replaces)",
        "debounce.event.added(4)",
        ...flushedInTime(4)
      ])
    }))

  it.effect("the event that fills the buffer flushes it in its own call", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(summing({ maxEvents: 2 }))
      yield* job.add({ id, event })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* job.add({ id, event }), {
        instanceId: "debounce:job:a",
        created: false,
        eventCount: 2,
        willFlushAt: null,
        retryScheduled: false,
        status: "flushing"
      })
      assert.deepStrictEqual(yield* path, [
        ...begun,
        "debounce.event.added(2)",
        "debounce.flush.triggered(maxEvents 2)",
        "execution.started(flush 1)",
        "execution.succeeded",
        "alarm.cancelled(flush)",
        "job.completed(flushed)"
      ])
      assert.deepInclude((yield* events)[5], { windowMs: 3000 })
    }))

  it.effect("a buffer of one event is flushed by its first", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(summing({ maxEvents: 1 }))
      assert.deepInclude(yield* job.add({ id, event }), { created: true, eventCount: 1, willFlushAt: null })
      assert.deepStrictEqual(yield* path, [
        ...begun,
        "debounce.flush.triggered(maxEvents 1)",
        "execution.started(flush 1)",
        "execution.succeeded",
        "alarm.cancelled(flush)",
        "job.completed(flushed)"
      ])
    }))

  it.effect("a manual flush", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(summing())
      yield* job.add({ id, event })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* job.flush({ id }), {
        flushed: true,
        eventCount: 1,
        reason: "manual",
        retryScheduled: false
      })
      assert.deepStrictEqual((yield* path).slice(4), [
        "debounce.flush.triggered(manual 1)",
        "execution.started(flush 1)",
        "execution.succeeded",
        "alarm.cancelled(flush)",
        "job.completed(flushed)"
      ])
      assert.deepInclude((yield* events)[4], { windowMs: 2000 })
    }))

  it.effect("a flush that fails and is retried is triggered once", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(failingFlush(2))
      yield* job.add({ id, event })
      yield* TestClock.adjust("13 seconds")
      assert.deepStrictEqual((yield* path).slice(4), [
        "alarm.fired(flush)",
        "debounce.flush.triggered(timeout 1)",
        "execution.started(flush 1)",
        "execution.failed(true)",
        "alarm.scheduled(retry)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 2)",
        "execution.failed(true)",
        "alarm.scheduled(retry)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 3)",
        "execution.succeeded",
        "job.completed(flushed)"
      ])
      assert.deepInclude((yield* events).at(-2), { attempt: 3, runCount: 1, preExecutionState: { sum: 1 } })
    }))

  it.effect("a failed flush by the event that fills the buffer replaces the alarm", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(failingFlush(1, { maxEvents: 2 }))
      yield* job.add({ id, event })
      assert.deepInclude(yield* job.add({ id, event }), {
        eventCount: 2,
        willFlushAt: 1000,
        retryScheduled: true,
        status: "flushing"
      })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual((yield* path).slice(5), [
        "debounce.flush.triggered(maxEvents 2)",
        "execution.started(flush 1)",
        "execution.failed(true)",
        "alarm.scheduled(retry replaces)",
        "retry.scheduled",
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 2)",
        "execution.succeeded",
        "job.completed(flushed)"
      ])
    }))

  it.effect("a manual flush while a retry waits runs that retry", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(failingFlush(1))
      yield* job.add({ id, event })
      assert.deepStrictEqual(yield* job.flush({ id }), {
        flushed: false,
        eventCount: 1,
        reason: "manual",
        retryScheduled: true
      })
      assert.deepInclude(yield* job.flush({ id }), { flushed: true, eventCount: 1, retryScheduled: false })
      assert.deepStrictEqual((yield* path).slice(4), [
        "debounce.flush.triggered(manual 1)",
        "execution.started(flush 1)",
        "execution.failed(true)",
        "alarm.scheduled(retry replaces)",
        "retry.scheduled",
        "retry.attempted",
        "execution.started(flush 2)",
        "execution.succeeded",
        "alarm.cancelled(retry)",
        "job.completed(flushed)"
      ])
    }))

  it.effect("no attempt left", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(failingFlush(9))
      yield* job.add({ id, event })
      yield* TestClock.adjust("13 seconds")
      assert.deepStrictEqual((yield* path).slice(-7), [
        "alarm.fired(retry)",
        "retry.attempted",
        "execution.started(retry 3)",
        "execution.failed(false)",
        "retry.exhausted(maxAttempts)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
      assert.deepInclude((yield* events).at(-2), {
        reason: "retryExhausted",
        finalState: { sum: 1 },
        attempt: 3,
        runCount: 1
      })
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
    }))

  it.effect("no time left for the retry that waited", () =>
    Effect.gen(function*() {
      const retry = { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" } as const
      const { job, path } = yield* play(failingFlush(9, { retry }))
      yield* job.add({ id, event })
      yield* TestClock.adjust("14 seconds")
      assert.deepStrictEqual((yield* path).slice(-4), [
        "alarm.fired(retry)",
        "retry.exhausted(maxDuration)",
        "job.failed",
        "job.terminated(retryExhausted)"
      ])
    }))

  it.effect("a failure without a retry policy ends the instance", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(summing({ execute: () => Effect.die("broken") }))
      yield* job.add({ id, event })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual((yield* path).slice(4), [
        "alarm.fired(flush)",
        "debounce.flush.triggered(timeout 1)",
        "execution.started(flush 1)",
        "execution.failed(false)",
        "job.failed",
        "job.terminated(executionFailed)"
      ])
      assert.deepInclude((yield* events).at(-2), { reason: "executionFailed", finalState: { sum: 1 }, attempt: 1 })
    }))

  it.effect("a kept failure without a retry policy ends with its discard", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(summing({ execute: () => Effect.die("broken"), onExhausted: "keep" }))
      yield* job.add({ id, event })
      const error = yield* Effect.flip(job.flush({ id }))
      assert.deepInclude(error, { _tag: "ExecutionFailed", attempts: 1 })
      assert.deepStrictEqual((yield* path).slice(-3), [
        "execution.failed(false)",
        "alarm.cancelled(flush)",
        "job.failed"
      ])
      assert.deepInclude(yield* job.status({ id }), { status: "failed", eventCount: 1, willFlushAt: null })
      assert.deepStrictEqual(yield* job.discard({ id }), { discarded: true })
      assert.deepStrictEqual((yield* path).slice(-1), ["job.terminated(discard)"])
    }))

  it.effect("a kept failure that is retried is a new incarnation with its state and count", () =>
    Effect.gen(function*() {
      const failing = failingFlush(3, { onExhausted: "keep" })
      const { events, job, path } = yield* play(failing)
      yield* job.add({ id, event })
      yield* job.add({ id, event })
      yield* TestClock.adjust("13 seconds")
      const before = (yield* path).length
      assert.deepStrictEqual(yield* job.retry({ id }), { retried: true })
      assert.deepStrictEqual((yield* path).slice(before), [
        "job.created",
        "job.started",
        "execution.started(retry 1)",
        "execution.succeeded",
        "job.completed(flushed)"
      ])
      assert.strictEqual(new Set((yield* events).map(({ incarnationId }) => incarnationId)).size, 2)
      assert.deepStrictEqual(failing.flushed, [{ sum: 2, eventCount: 2, reason: "timeout" }])
    }))

  it.effect("clear", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(summing())
      yield* job.add({ id, event })
      yield* job.add({ id, event })
      assert.deepStrictEqual(yield* job.clear({ id }), { cleared: true, discardedEvents: 2 })
      assert.deepStrictEqual((yield* path).slice(5), [
        "debounce.cleared(2)",
        "alarm.cancelled(flush)",
        "job.terminated(clear)"
      ])
      assert.deepStrictEqual(yield* job.clear({ id }), { cleared: false, discardedEvents: 0 })
      assert.lengthOf(yield* path, 8)
    }))

  it.effect("a handler that terminates", () =>
    Effect.gen(function*() {
      const { events, job, path } = yield* play(summing({ execute: (ctx) => ctx.terminate({ reason: "enough" }) }))
      yield* job.add({ id, event })
      assert.deepInclude(yield* job.flush({ id }), { flushed: true })
      assert.deepStrictEqual((yield* path).slice(4), [
        "debounce.flush.triggered(manual 1)",
        "execution.started(flush 1)",
        "execution.succeeded(terminated)",
        "alarm.cancelled(flush)",
        "job.completed(terminatedByHandler)",
        "job.terminated(handler)"
      ])
      assert.deepInclude((yield* events).at(-1), { reason: "enough" })
    }))

  it.effect("a client that terminates", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(summing())
      yield* job.add({ id, event })
      assert.deepStrictEqual(yield* job.terminate({ id, reason: "stop" }), { terminated: true, reason: "stop" })
      assert.deepStrictEqual((yield* path).slice(4), ["alarm.cancelled(flush)", "job.terminated(client)"])
    }))

  it.effect("what is added during a flush begins the next incarnation in the commit that ends the flush", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const { events, job, path } = yield* play(summing({ execute: () => Deferred.await(go) }))
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id }))
      yield* TestClock.adjust("1 second")
      yield* job.add({ id, event: { amount: 7 } })
      yield* TestClock.adjust("1 second")
      yield* job.add({ id, event })
      // Nothing is told of them yet.
      assert.deepStrictEqual((yield* path).slice(4), [
        "debounce.flush.triggered(manual 1)",
        "execution.started(flush 1)"
      ])
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(flush)
      assert.deepStrictEqual((yield* path).slice(6), [
        "execution.succeeded",
        "alarm.cancelled(flush)",
        "job.completed(flushed)",
        "job.created",
        "job.started",
        "debounce.event.added(1)",
        "debounce.event.added(2)",
        "alarm.scheduled(flush)"
      ])
      const [created, , first, second, alarm] = (yield* events).slice(9)
      assert.deepInclude(created, { input: { amount: 7 } })
      assert.deepInclude(first, { isFirst: true, flushAt: "1970-01-01T00:00:11.000Z" })
      assert.deepInclude(second, { isFirst: false, flushAt: "1970-01-01T00:00:11.000Z" })
      assert.deepInclude(alarm, { scheduledFor: "1970-01-01T00:00:11.000Z" })
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual((yield* path).slice(14), flushedInTime(2))
    }))

  it.effect("an event that its schema refuses leaves nothing behind", () =>
    Effect.gen(function*() {
      const { job, path } = yield* play(summing())
      const error = yield* Effect.flip(job.add({ id, event: { amount: 0.5 } }))
      assert.deepInclude(error, { _tag: "InvalidInput", target: "debounce:job:a", field: "event.amount" })
      assert.deepStrictEqual(yield* path, [])
      assert.deepInclude(yield* job.status({ id }), { status: "notFound", eventCount: 0 })
    }))

  it.effect("each event names what led to it", () =>
    Effect.gen(function*() {
      const { events, job } = yield* play(failingFlush(1))
      yield* job.add({ id, event })
      yield* TestClock.adjust("11 seconds")
      const all = yield* events
      const typeOf = (eventId: string | undefined) => all.find((event) => event.eventId === eventId)?.type
      const led = all.flatMap(({ parentEventId, type }) =>
        parentEventId === undefined ? [] : [[typeOf(parentEventId), type]]
      )
      assert.deepStrictEqual(led, [
        ["job.created", "job.started"],
        ["alarm.fired", "debounce.flush.triggered"],
        ["debounce.flush.triggered", "execution.started"],
        ["execution.started", "execution.failed"],
        ["execution.failed", "retry.scheduled"],
        ["alarm.fired", "retry.attempted"],
        ["retry.attempted", "execution.started"],
        ["execution.started", "execution.succeeded"]
      ])
    }))
})

describe.each(storages)("a debounce job without onEvent on $name", ({ open }) => {
  it.effect("has the latest event for its state", () =>
    Effect.gen(function*() {
      const seen: Array<number> = []
      const definition = Debounce.make({
        eventSchema: Amount,
        flushAfter: 1000,
        execute: (ctx) => Effect.map(ctx.state, ({ amount }) => seen.push(amount))
      })
      const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      const job = client.debounce("job")
      yield* job.add({ id, event: { amount: 1 } })
      yield* job.add({ id, event: { amount: 2 } })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { amount: 2 } })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen, [2])
      assert.deepStrictEqual(yield* job.getState({ id }), { state: null })
    }))
})
