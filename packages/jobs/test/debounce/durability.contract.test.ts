import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, HostUnavailable, JobsHost } from "../../src/index.ts"
import { allAlarms } from "../support/allAlarms.ts"
import { failingFlush, type SumContext, summing } from "../support/debounces.ts"
import { assertOrdered, path } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }

describe.each(storages)("what outlives a runtime of debounce jobs on $name", ({ open }) => {
  it.effect("a buffer and the time of its flush", () =>
    Effect.gen(function*() {
      const host = yield* open
      const sums = summing()
      const registry = createJobRegistry({ job: sums.definition })
      const first = yield* openRuntime(registry, host)
      yield* first.client.debounce("job").add({ id, event })
      yield* TestClock.adjust("4 seconds")
      yield* first.close
      const second = yield* openRuntime(registry, host)
      assert.deepInclude(yield* second.client.debounce("job").add({ id, event }), {
        created: false,
        eventCount: 2,
        willFlushAt: 10_000
      })
      yield* TestClock.adjust("6 seconds")
      assert.deepStrictEqual(sums.flushed, [{ sum: 2, eventCount: 2, reason: "timeout" }])
    }))

  it.effect("overdue buffers are flushed once, in due order", () =>
    Effect.gen(function*() {
      const host = yield* open
      const order: Array<string> = []
      const allRan = yield* Deferred.make<void>()
      const { definition } = summing({
        execute: (ctx) => order.push(ctx.id) === 3 ? Deferred.succeed(allRan, undefined) : Effect.void
      })
      const registry = createJobRegistry({ job: definition })
      const first = yield* openRuntime(registry, host)
      for (const each of ["z", "y", "x"]) {
        yield* first.client.debounce("job").add({ id: each, event })
        yield* TestClock.adjust("1 second")
      }
      yield* first.close
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(order, [])
      const second = yield* openRuntime(registry, host)
      yield* Deferred.await(allRan)
      assert.deepStrictEqual(order, ["z", "y", "x"])
      // Waits for its turn and does nothing else.
      yield* second.client.debounce("job").discard({ id: "z" })
      const late = (yield* second.events).find((event) => event.type === "alarm.fired")
      assert.deepInclude(late, { lateByMs: 3_593_000 })
    }))

  it.effect("a flush that was cut off runs again as the same attempt, and what was added meanwhile comes after it", () =>
    Effect.gen(function*() {
      const host = yield* open
      const seen: Array<readonly [string, number, number, string]> = []
      const ran = { again: yield* Deferred.make<void>(), next: yield* Deferred.make<void>() }
      const execute = (ctx: SumContext) =>
        Effect.flatMap(ctx.state, ({ sum }) => {
          seen.push([ctx.executionId, ctx.attempt, sum, ctx.flushReason])
          if (seen.length === 1) return Effect.never
          return Deferred.succeed(seen.length === 2 ? ran.again : ran.next, undefined)
        })
      const registry = createJobRegistry({ job: summing({ execute }).definition })
      const first = yield* openRuntime(registry, host, { gracePeriod: 0 })
      const job = first.client.debounce("job")
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(Effect.exit(job.flush({ id })), { startImmediately: true })
      assert.deepInclude(yield* job.add({ id, event: { amount: 7 } }), { status: "flushing", eventCount: 1 })
      yield* first.close
      assert.isTrue(Exit.isFailure(yield* Fiber.join(flush)))
      const before = yield* first.events

      const second = yield* openRuntime(registry, host)
      yield* Deferred.await(ran.again)
      // Waits for its turn and does nothing else.
      yield* second.client.debounce("job").discard({ id })
      yield* TestClock.adjust("10 seconds")
      yield* Deferred.await(ran.next)
      yield* second.client.debounce("job").discard({ id })
      const [begun, again, next] = seen
      assert.deepStrictEqual(again, begun)
      assert.deepStrictEqual(next?.slice(1), [1, 7, "timeout"])
      const told = [...before, ...yield* second.events]
      assertOrdered(told)
      assert.deepStrictEqual(path(told).slice(4, 14), [
        "debounce.flush.triggered(manual 1)",
        "execution.started(flush 1)",
        "execution.started(flush 1)",
        "execution.succeeded",
        "alarm.cancelled(flush)",
        "job.completed(flushed)",
        "job.created",
        "job.started",
        "debounce.event.added(1)",
        "alarm.scheduled(flush)"
      ])
      const started = told.filter((event) => event.type === "execution.started")
      assert.deepStrictEqual(started.map(({ recovered }) => recovered), [undefined, true, undefined])
    }))

  it.effect("an add to an attempt that was cut off and has not run again goes to the buffer after it", () =>
    Effect.gen(function*() {
      const host = yield* open
      let runs = 0
      const { definition } = summing({ execute: () => ++runs === 1 ? Effect.never : Effect.void })
      const registry = createJobRegistry({ job: definition })
      const first = yield* openRuntime(registry, host, { gracePeriod: 0 })
      yield* first.client.debounce("job").add({ id, event })
      const flush = yield* Effect.forkChild(Effect.exit(first.client.debounce("job").flush({ id })), {
        startImmediately: true
      })
      yield* TestClock.adjust("1 second")
      yield* first.close
      yield* Fiber.join(flush)

      const built = Context.get(yield* Layer.build(host), JobsHost)
      const asleep = Layer.succeed(JobsHost, {
        ...built,
        earliestAlarms: () => Effect.succeed([]),
        heldAlarms: Effect.succeed([])
      })
      const second = yield* openRuntime(registry, asleep)
      assert.deepInclude(yield* second.client.debounce("job").add({ id, event: { amount: 7 } }), {
        status: "flushing",
        eventCount: 1
      })
      assert.deepInclude(yield* second.client.debounce("job").flush({ id }), { flushed: true, eventCount: 1 })
      assert.deepStrictEqual(yield* second.client.debounce("job").getState({ id }), { state: { sum: 7 } })
    }))

  it.effect("a retry that waits, and the buffer after it", () =>
    Effect.gen(function*() {
      const host = yield* open
      const failing = failingFlush(1)
      const registry = createJobRegistry({ job: failing.definition })
      const first = yield* openRuntime(registry, host)
      yield* first.client.debounce("job").add({ id, event })
      yield* first.client.debounce("job").flush({ id })
      yield* first.client.debounce("job").add({ id, event: { amount: 7 } })
      yield* first.close
      yield* TestClock.adjust("1 hour")
      const second = yield* openRuntime(registry, host)
      yield* failing.until(2)
      yield* second.client.debounce("job").discard({ id })
      assert.deepStrictEqual(failing.flushed, [
        { sum: 1, eventCount: 1, reason: "manual" },
        { sum: 7, eventCount: 1, reason: "timeout" }
      ])
      assertOrdered([...yield* first.events, ...yield* second.events])
    }))

  it.effect("a kept failure, and the buffer after it", () =>
    Effect.gen(function*() {
      const host = yield* open
      const failing = failingFlush(2, { retry: { maxAttempts: 2, delay: "1 second" }, onExhausted: "keep" })
      const registry = createJobRegistry({ job: failing.definition })
      const first = yield* openRuntime(registry, host)
      yield* first.client.debounce("job").add({ id, event })
      yield* first.client.debounce("job").flush({ id })
      yield* first.client.debounce("job").add({ id, event: { amount: 7 } })
      yield* TestClock.adjust("1 second")
      yield* first.close
      const job = (yield* openRuntime(registry, host)).client.debounce("job")
      assert.deepInclude(yield* job.status({ id }), { status: "failed", eventCount: 1 })
      yield* job.retry({ id })
      yield* TestClock.adjust("1 minute")
      yield* failing.until(2)
      assert.deepStrictEqual(failing.flushed.map(({ sum }) => sum), [1, 7])
    }))

  it.effect("nothing of a purged instance", () =>
    Effect.gen(function*() {
      const built = Context.get(yield* Layer.build(yield* open), JobsHost)
      const registry = createJobRegistry({ job: summing().definition })
      const job = (yield* openRuntime(registry, Layer.succeed(JobsHost, built))).client.debounce("job")
      yield* job.add({ id, event })
      assert.lengthOf(yield* built.earliestAlarms(9), 1)
      yield* job.flush({ id })
      assert.deepStrictEqual(yield* allAlarms(built), [])
      assert.isUndefined(yield* built.load("debounce:job:a"))
    }))

  it.effect("alarms of the next incarnation have later generations than those before", () =>
    Effect.gen(function*() {
      const built = Context.get(yield* Layer.build(yield* open), JobsHost)
      const generation = Effect.map(allAlarms(built), ([alarm]) => alarm?.generation ?? 0)
      const go = yield* Deferred.make<void>()
      const { definition } = summing({ execute: () => Effect.andThen(Deferred.await(go), Effect.fail("no")) })
      const registry = createJobRegistry({ job: definition })
      const job = (yield* openRuntime(registry, Layer.succeed(JobsHost, built))).client.debounce("job")
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(Effect.flip(job.flush({ id })), { startImmediately: true })
      yield* job.add({ id, event })
      const before = yield* generation
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.join(flush)
      assert.isAbove(yield* generation, before)
    }))

  it.effect("a host that fails uses up no attempt: the flush runs again as the same one", () =>
    Effect.gen(function*() {
      const built = Context.get(yield* Layer.build(yield* open), JobsHost)
      const full = new HostUnavailable({ host: "test", problem: "The disk is full." })
      const disk = { isFull: false }
      const layer = Layer.succeed(JobsHost, {
        ...built,
        commit: (commit) => disk.isFull ? Effect.fail(full) : built.commit(commit)
      })
      const seen: Array<string> = []
      const { definition } = summing({
        execute: (ctx) => Effect.sync(() => seen.push(`${ctx.executionId} ${ctx.attempt}`))
      })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), layer)
      const job = client.debounce("job")
      yield* job.add({ id, event })
      disk.isFull = true
      assert.strictEqual((yield* Effect.flip(job.flush({ id })))._tag, "HostUnavailable")
      assert.strictEqual((yield* Effect.flip(job.add({ id, event })))._tag, "HostUnavailable")
      assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1 })
      disk.isFull = false
      yield* job.flush({ id })
      assert.lengthOf(seen, 2)
      assert.strictEqual(seen[0], seen[1])
      assert.notInclude((yield* events).map(({ type }) => type), "execution.failed")
    }))

  it.effect("a host that fails while an event is added during a flush leaves flush and buffer as they were", () =>
    Effect.gen(function*() {
      const built = Context.get(yield* Layer.build(yield* open), JobsHost)
      const full = new HostUnavailable({ host: "test", problem: "The disk is full." })
      const disk = { isFull: false }
      const layer = Layer.succeed(JobsHost, {
        ...built,
        commit: (commit) => disk.isFull ? Effect.fail(full) : built.commit(commit)
      })
      const go = yield* Deferred.make<void>()
      const { definition } = summing({ execute: () => Deferred.await(go) })
      const { client, events } = yield* openRuntime(createJobRegistry({ job: definition }), layer)
      const job = client.debounce("job")
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
      yield* job.add({ id, event: { amount: 7 } })
      disk.isFull = true
      assert.strictEqual((yield* Effect.flip(job.add({ id, event: { amount: 100 } })))._tag, "HostUnavailable")
      disk.isFull = false
      yield* Deferred.succeed(go, undefined)
      assert.deepInclude(yield* Fiber.join(flush), { flushed: true })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 7 } })
      assert.deepInclude(yield* job.status({ id }), { eventCount: 1 })
      assertOrdered(yield* events)
    }))
})
