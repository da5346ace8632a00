import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry } from "../../src/index.ts"
import { failingFlush, type SumContext, type Summing, summing } from "../support/debounces.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }

describe.each(storages)("what is added during a flush on $name", ({ open }) => {
  const openJob = Effect.fnUntraced(function*({ definition }: { readonly definition: Summing }) {
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
    return { ...runtime, job: runtime.client.debounce("job") }
  })

  it.effect("adds that wait for their turn when a flush begins do not wait for its end", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const inOnEvent = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const definition = summing({
        maxEvents: 2,
        onEvent: ({ event, state, eventCount }) =>
          Effect.gen(function*() {
            if (eventCount === 2) {
              yield* Deferred.succeed(inOnEvent, undefined)
              yield* Deferred.await(goOn)
            }
            return { sum: (state?.sum ?? 0) + event.amount }
          }),
        execute: () => Deferred.await(go)
      })
      const { job } = yield* openJob(definition)
      yield* job.add({ id, event })
      const filling = yield* Effect.forkChild(job.add({ id, event }), { startImmediately: true })
      yield* Deferred.await(inOnEvent)
      const queued = yield* Effect.forkChild(job.add({ id, event }), { startImmediately: true })
      yield* Deferred.succeed(goOn, undefined)
      assert.deepInclude(yield* Fiber.join(queued), { created: false, eventCount: 1, status: "flushing" })
      yield* Deferred.succeed(go, undefined)
      assert.deepInclude(yield* Fiber.join(filling), { eventCount: 2, willFlushAt: null })
      assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1 })
    }))

  it.effect("a flush works on a snapshot: what is added meanwhile is no part of it", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const seen: Array<number> = []
      const { job } = yield* openJob(summing({
        execute: (ctx) =>
          Effect.gen(function*() {
            seen.push((yield* ctx.state).sum, ctx.eventCount)
            yield* Deferred.await(go)
            seen.push((yield* ctx.state).sum, ctx.eventCount)
          })
      }))
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* job.add({ id, event: { amount: 5 } }), {
        instanceId: "debounce:job:a",
        created: false,
        eventCount: 1,
        willFlushAt: 11_000,
        retryScheduled: false,
        status: "flushing"
      })
      assert.deepInclude(yield* job.add({ id, event: { amount: 5 } }), { eventCount: 2, willFlushAt: 11_000 })
      assert.deepStrictEqual(yield* job.status({ id }), {
        status: "flushing",
        eventCount: 1,
        startedAt: 0,
        willFlushAt: null
      })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 1 } })
      yield* Deferred.succeed(go, undefined)
      assert.deepInclude(yield* Fiber.join(flush), { flushed: true, eventCount: 1 })
      assert.deepStrictEqual(seen, [1, 1, 1, 1])
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 10 } })
      assert.deepStrictEqual(yield* job.status({ id }), {
        status: "debouncing",
        eventCount: 2,
        startedAt: 1000,
        willFlushAt: 11_000
      })
    }))

  it.effect("what is added while a retry waits is no part of the retry", () =>
    Effect.gen(function*() {
      const failing = failingFlush(1)
      const { job } = yield* openJob(failing)
      yield* job.add({ id, event })
      yield* job.flush({ id })
      assert.deepInclude(yield* job.add({ id, event: { amount: 7 } }), { created: false, eventCount: 1 })
      assert.deepInclude(yield* job.add({ id, event: { amount: 7 } }), { eventCount: 2, willFlushAt: 10_000 })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(failing.flushed, [
        { sum: 1, eventCount: 1, reason: "manual" },
        { sum: 14, eventCount: 2, reason: "timeout" }
      ])
    }))

  it.effect("a buffer that was filled during the flush before it is flushed at once, as a full one", () =>
    Effect.gen(function*() {
      const failing = failingFlush(1, { maxEvents: 2 })
      const { job } = yield* openJob(failing)
      yield* job.add({ id, event })
      yield* job.flush({ id })
      for (const amount of [10, 20, 30]) yield* job.add({ id, event: { amount } })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(failing.flushed, [
        { sum: 1, eventCount: 1, reason: "manual" },
        { sum: 60, eventCount: 3, reason: "maxEvents" }
      ])
    }))

  it.effect("a buffer whose time has passed during the flush before it is flushed at once", () =>
    Effect.gen(function*() {
      const failing = failingFlush(1, { retry: { maxAttempts: 2, delay: "1 minute" } })
      const { job } = yield* openJob(failing)
      yield* job.add({ id, event })
      yield* job.flush({ id })
      yield* job.add({ id, event: { amount: 7 } })
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(failing.flushed, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(failing.flushed.map(({ reason, sum }) => [sum, reason]), [[1, "manual"], [7, "timeout"]])
    }))

  it.effect("a trailing buffer that was begun during a flush waits from its last event on", () =>
    Effect.gen(function*() {
      const failing = failingFlush(1, { mode: "trailing", retry: { maxAttempts: 2, delay: "8 seconds" } })
      const { job } = yield* openJob(failing)
      yield* job.add({ id, event })
      yield* job.flush({ id })
      yield* job.add({ id, event })
      yield* TestClock.adjust("6 seconds")
      assert.deepInclude(yield* job.add({ id, event }), { willFlushAt: 16_000 })
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* job.status({ id }), { status: "debouncing", startedAt: 0, willFlushAt: 16_000 })
    }))

  it.effect.each([
    { ends: "fails for good", given: { execute: () => Effect.fail("no") } },
    { ends: "has no attempt left", given: { execute: () => Effect.fail("no"), retry: { maxAttempts: 1, delay: 0 } } },
    { ends: "terminates", given: { execute: (ctx: SumContext) => ctx.terminate() } }
  ])(
    "a flush that $ends leaves what was added meanwhile to the next incarnation",
    ({ given }) =>
      Effect.gen(function*() {
        const go = yield* Deferred.make<void>()
        const { events, job } = yield* openJob(summing({
          ...given,
          execute: (ctx) => Effect.andThen(Deferred.await(go), given.execute(ctx))
        }))
        yield* job.add({ id, event })
        const flush = yield* Effect.forkChild(Effect.exit(job.flush({ id })), { startImmediately: true })
        yield* job.add({ id, event: { amount: 7 } })
        yield* Deferred.succeed(go, undefined)
        yield* Fiber.join(flush)
        assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1, willFlushAt: 10_000 })
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 7 } })
        const types = (yield* events).map(({ type }) => type)
        assert.deepStrictEqual(types.slice(-5), [
          "job.terminated",
          "job.created",
          "job.started",
          "debounce.event.added",
          "alarm.scheduled"
        ])
      })
  )

  it.effect("a retry that comes too late leaves what was added meanwhile to the next incarnation", () =>
    Effect.gen(function*() {
      const retry = { maxAttempts: 9, delay: "4 seconds", maxDuration: "3 seconds" } as const
      const { job } = yield* openJob(failingFlush(9, { retry }))
      yield* job.add({ id, event })
      yield* job.flush({ id })
      yield* job.add({ id, event: { amount: 7 } })
      yield* TestClock.adjust("4 seconds")
      assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1 })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 7 } })
    }))

  it.effect.each([{ by: "retry" }, { by: "discard" }] as const)(
    "a kept failure keeps what was added meanwhile too, until its $by",
    ({ by }) =>
      Effect.gen(function*() {
        const failing = failingFlush(1, { retry: { maxAttempts: 1, delay: 0 }, onExhausted: "keep" })
        const go = yield* Deferred.make<void>()
        const { definition, flushed } = failing
        const { job } = yield* openJob({
          definition: {
            ...definition,
            open: (stored, facts) =>
              Effect.map(definition.open(stored, facts), (cell) => ({
                ...cell,
                run: (job) => Effect.andThen(Deferred.await(go), cell.run(job))
              }))
          }
        })
        yield* job.add({ id, event })
        const flush = yield* Effect.forkChild(Effect.flip(job.flush({ id })), { startImmediately: true })
        yield* job.add({ id, event: { amount: 7 } })
        yield* Deferred.succeed(go, undefined)
        assert.strictEqual((yield* Fiber.join(flush))._tag, "ExecutionFailed")
        assert.deepInclude(yield* job.status({ id }), { status: "failed", eventCount: 1 })
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 1 } })
        // It answers who adds now, too, and adds nothing.
        assert.deepStrictEqual(yield* job.add({ id, event }), {
          instanceId: "debounce:job:a",
          created: false,
          eventCount: 1,
          willFlushAt: null,
          retryScheduled: false,
          status: "failed"
        })
        yield* job[by]({ id })
        assert.deepStrictEqual(flushed.map(({ sum }) => sum), by === "retry" ? [1] : [])
        assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1, willFlushAt: 10_000 })
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(flushed.at(-1)?.sum, 7)
      })
  )

  it.effect("clear while a retry waits discards both buffers", () =>
    Effect.gen(function*() {
      const failing = failingFlush(1)
      const { job } = yield* openJob(failing)
      yield* job.add({ id, event })
      yield* job.flush({ id })
      yield* job.add({ id, event })
      yield* job.add({ id, event })
      assert.deepStrictEqual(yield* job.clear({ id }), { cleared: true, discardedEvents: 3 })
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(failing.flushed, [])
    }))

  it.effect.each([{ by: "clear" }, { by: "flush" }] as const)(
    "$by during a flush waits for its end, and is for what came meanwhile",
    ({ by }) =>
      Effect.gen(function*() {
        const go = yield* Deferred.make<void>()
        const sums: Array<number> = []
        const { job } = yield* openJob(summing({
          execute: (ctx) =>
            Effect.gen(function*() {
              yield* Deferred.await(go)
              sums.push((yield* ctx.state).sum)
            })
        }))
        yield* job.add({ id, event })
        const first = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
        const second = yield* Effect.forkChild(job[by]({ id }), { startImmediately: true })
        yield* job.add({ id, event: { amount: 7 } })
        yield* Deferred.succeed(go, undefined)
        assert.deepInclude(yield* Fiber.join(first), { flushed: true, eventCount: 1 })
        const answer: object = yield* Fiber.join(second)
        assert.deepInclude(
          answer,
          by === "clear" ? { cleared: true, discardedEvents: 1 } : { flushed: true, eventCount: 1, reason: "manual" }
        )
        assert.deepStrictEqual(sums, by === "clear" ? [1] : [1, 7])
        assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
      })
  )

  it.effect("terminate interrupts a flush and removes what was added meanwhile", () =>
    Effect.gen(function*() {
      let interrupted = false
      const { events, job } = yield* openJob(summing({
        execute: () =>
          Effect.onInterrupt(Effect.never, () =>
            Effect.sync(() => {
              interrupted = true
            }))
      }))
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id }), { startImmediately: true })
      yield* job.add({ id, event })
      assert.deepStrictEqual(yield* job.terminate({ id }), { terminated: true })
      assert.isTrue(interrupted)
      assert.deepInclude(yield* Fiber.join(flush), { flushed: false, retryScheduled: false })
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
      const types = (yield* events).map(({ type }) => type)
      assert.deepStrictEqual(types.slice(-3), ["execution.started", "alarm.cancelled", "job.terminated"])
      assert.deepInclude(yield* job.add({ id, event }), { created: true, eventCount: 1 })
    }))
})
