import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, JobsClient } from "../src/index.ts"
import { summing } from "./support/debounces.ts"
import { Count, counting } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { recordLog } from "./support/recorders.ts"
import { storages } from "./support/storages.ts"
import { deedsOf, stubborn, stubbornJobs } from "./support/stubborn.ts"
import { until } from "./support/until.ts"
import { openPool, settled } from "./worker-pool/openPool.ts"

const id = "a"
const input = { n: 0 }
const gracePeriod = 1000
const leftBehind = /has not ended in time/
const twice = { maxAttempts: 2, delay: "1 second" } as const

/** Takes a signal and ignores it. */
const deaf = () => Effect.uninterruptible(Effect.promise((_signal) => new Promise(() => undefined)))

describe.each(storages)("user code that cannot be interrupted, on $name,", ({ open }) => {
  describe.each(deedsOf)("of a $type", ({ begin, instanceId, isThere, terminate }) => {
    it.effect("does not hold up a shutdown, and its attempt runs again", () =>
      Effect.gen(function*() {
        const { layer, lines } = recordLog()
        const host = yield* open
        const { letGo, registry, seen } = stubbornJobs(twice)
        const first = yield* Effect.provide(openRuntime(registry, host, { gracePeriod }), layer)
        yield* Effect.forkChild(Effect.exit(begin(first.client)), { startImmediately: true })
        yield* until(Effect.sync(() => seen.length === 1))
        yield* TestClock.adjust("20 millis")
        yield* until(isThere(first.client))
        const close = yield* Effect.forkChild(first.close, { startImmediately: true })
        yield* TestClock.adjust(2 * gracePeriod - 1)
        yield* settled
        assert.isUndefined(close.pollUnsafe())
        yield* TestClock.adjust(1)
        yield* Fiber.join(close)
        const told = lines.filter(({ message }) => leftBehind.test(message))
        assert.lengthOf(told, 1)
        assert.deepInclude(told[0]?.annotations, { instanceId, runCount: 1, attempt: 1, executionId: seen[0] })

        const second = yield* openRuntime(registry, host)
        yield* until(Effect.sync(() => seen.length === 2))
        assert.strictEqual(seen[1], seen[0])
        yield* letGo
        const isRecovered = Effect.map(second.events, (events) =>
          events.some((event) => event.type === "execution.started" && event.recovered === true))
        yield* until(isRecovered)
        yield* until(Effect.map(second.events, (events) =>
          events.some(({ type }) => type === "execution.succeeded")))
        assert.lengthOf(seen, 2)
      }))

    it.effect("does not hold up terminate, and what it does later counts for nothing", () =>
      Effect.gen(function*() {
        const { letGo, registry, seen } = stubbornJobs(twice)
        const { client, events } = yield* openRuntime(registry, yield* open, { gracePeriod })
        const begun = yield* Effect.forkChild(Effect.exit(begin(client)), { startImmediately: true })
        yield* until(Effect.sync(() => seen.length === 1))
        yield* TestClock.adjust("20 millis")
        yield* until(isThere(client))
        const termination = yield* Effect.forkChild(terminate(client), { startImmediately: true })
        yield* settled
        yield* TestClock.adjust(gracePeriod - 1)
        yield* settled
        assert.isUndefined(termination.pollUnsafe())
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(yield* Fiber.join(termination), { terminated: true })
        yield* Fiber.join(begun)
        assert.isFalse(yield* isThere(client))
        const before = yield* events
        assert.strictEqual(before.at(-1)?.type, "job.terminated")
        yield* letGo
        yield* settled
        assert.deepStrictEqual(yield* events, before)
        assert.isFalse(yield* isThere(client))
        yield* begin(client)
        yield* until(Effect.sync(() => seen.length === 2))
      }))

    it.effect("does not hold up its own timeout", () =>
      Effect.gen(function*() {
        const { registry, seen } = stubbornJobs({ ...twice, timeout: "1 minute" })
        const { client, events } = yield* openRuntime(registry, yield* open, { gracePeriod })
        yield* Effect.forkChild(Effect.exit(begin(client)), { startImmediately: true })
        yield* until(Effect.sync(() => seen.length === 1))
        yield* TestClock.adjust("1 minute")
        yield* settled
        yield* TestClock.adjust(gracePeriod - 1)
        yield* settled
        const failed = Effect.map(events, (all) => all.find((event) => event.type === "execution.failed"))
        assert.isUndefined(yield* failed)
        yield* TestClock.adjust(1)
        yield* until(Effect.map(failed, (event) => event !== undefined))
        assert.strictEqual((yield* failed)?.error.name, "AttemptTimedOut")
        yield* TestClock.adjust("1 second")
        yield* until(Effect.map(events, (all) => all.some(({ type }) => type === "execution.succeeded")))
        assert.deepStrictEqual(seen, [seen[0], seen[0]])
      }))
  })

  it.effect("gets 3 s at a shutdown when the grace period is longer, whoever has interrupted it", () =>
    Effect.gen(function*() {
      const { code } = stubborn()
      const registry = createJobRegistry({
        stuck: counting({ execute: () => code("stuck") }),
        killer: Continuous.make({
          stateSchema: Count,
          schedule: Continuous.every("1 minute"),
          execute: () =>
            JobsClient.pipe(
              Effect.delay("5 seconds"),
              Effect.flatMap((jobs) => jobs.continuous("stuck").terminate({ id }))
            )
        })
      })
      const { client, close } = yield* openRuntime(registry, yield* open)
      const calls = yield* Effect.forkChild(
        Effect.all([
          Effect.exit(client.continuous("stuck").start({ id, input })),
          Effect.exit(client.continuous("killer").start({ id, input }))
        ], { concurrency: 2 }),
        { startImmediately: true }
      )
      yield* settled
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      yield* settled
      yield* TestClock.adjust("7999 millis")
      yield* settled
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      const [, killer] = yield* Fiber.join(calls)
      assert.isTrue(Exit.isFailure(killer))
    }))

  it.effect("does not hold up a shutdown with a promise that ignores its signal", () =>
    Effect.gen(function*() {
      const registry = createJobRegistry({ job: counting({ execute: deaf }) })
      const { client, close } = yield* openRuntime(registry, yield* open, { gracePeriod })
      const start = yield* Effect.forkChild(Effect.flip(client.continuous("job").start({ id, input })), {
        startImmediately: true
      })
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      yield* TestClock.adjust(2 * gracePeriod)
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Fiber.join(start))._tag, "HostUnavailable")
    }))

  it.effect("does not keep finalizers from ending in time", () =>
    Effect.gen(function*() {
      const { layer, lines } = recordLog()
      let isClean = false
      const cleanUp = Effect.andThen(Effect.sleep(gracePeriod - 1), Effect.sync(() => isClean = true))
      const registry = createJobRegistry({
        job: counting({ execute: () => Effect.onInterrupt(Effect.never, () => cleanUp) })
      })
      const { client } = yield* Effect.provide(openRuntime(registry, yield* open, { gracePeriod }), layer)
      yield* Effect.forkChild(Effect.exit(client.continuous("job").start({ id, input })), { startImmediately: true })
      yield* settled
      const termination = yield* Effect.forkChild(client.continuous("job").terminate({ id }), {
        startImmediately: true
      })
      yield* settled
      yield* TestClock.adjust(gracePeriod - 1)
      assert.deepStrictEqual(yield* Fiber.join(termination), { terminated: true })
      assert.isTrue(isClean)
      assert.notInclude(lines.map(({ message }) => message).join(), "left behind")
    }))

  describe("as a debounce's onEvent,", () => {
    const event = { amount: 1 }

    it.effect("does not hold up terminate, also during a flush", () =>
      Effect.gen(function*() {
        const { code, seen } = stubborn()
        const onEvent = ({ eventCount }: { readonly eventCount: number }) =>
          Effect.as(eventCount > 1 || seen.length > 0 ? code("onEvent") : Effect.void, { sum: 1 })
        const { definition } = summing({
          onEvent,
          execute: () => Effect.andThen(Effect.sync(() => seen.push("flush")), Effect.never)
        })
        const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open, { gracePeriod })
        const job = client.debounce("job")
        yield* job.add({ id, event })
        const add = yield* Effect.forkChild(Effect.flip(job.add({ id, event })), { startImmediately: true })
        yield* until(Effect.sync(() => seen.length === 1))
        const termination = yield* Effect.forkChild(job.terminate({ id }), { startImmediately: true })
        yield* settled
        assert.isUndefined(termination.pollUnsafe())
        yield* TestClock.adjust(gracePeriod)
        assert.deepStrictEqual(yield* Fiber.join(termination), { terminated: true })
        assert.strictEqual((yield* Fiber.join(add))._tag, "ExecutionFailed")
        assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
      }))

    it.effect("does not hold up a shutdown during a flush", () =>
      Effect.gen(function*() {
        const { layer, lines } = recordLog()
        const { code, seen } = stubborn()
        let isFlushing = false
        const { definition } = summing({
          onEvent: () => Effect.as(isFlushing ? code("onEvent") : Effect.void, { sum: 1 }),
          execute: () => Effect.andThen(Effect.sync(() => isFlushing = true), Effect.never)
        })
        const { client, close } = yield* Effect.provide(
          openRuntime(createJobRegistry({ job: definition }), yield* open, { gracePeriod }),
          layer
        )
        const job = client.debounce("job")
        yield* job.add({ id, event })
        yield* Effect.forkChild(Effect.exit(job.flush({ id })), { startImmediately: true })
        yield* until(Effect.sync(() => isFlushing))
        const add = yield* Effect.forkChild(Effect.flip(job.add({ id, event })), { startImmediately: true })
        yield* TestClock.adjust("20 millis")
        yield* until(Effect.sync(() => seen.length === 1))
        const closing = yield* Effect.forkChild(close, { startImmediately: true })
        yield* TestClock.adjust(2 * gracePeriod)
        yield* Fiber.join(closing)
        assert.strictEqual((yield* Fiber.join(add))._tag, "HostUnavailable")
        const told = lines.filter(({ message }) => leftBehind.test(message))
        assert.deepStrictEqual(told.map(({ annotations }) => annotations["instanceId"]), ["debounce:job:a"])
      }))

    it.effect("does not hold up its timeout", () =>
      Effect.gen(function*() {
        const { code } = stubborn()
        const { definition } = summing({
          onEvent: () => Effect.as(code("onEvent"), { sum: 1 }),
          retry: { ...twice, timeout: "1 minute" }
        })
        const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open, { gracePeriod })
        const add = yield* Effect.forkChild(Effect.flip(client.debounce("job").add({ id, event })), {
          startImmediately: true
        })
        yield* TestClock.adjust("1 minute")
        yield* TestClock.adjust(gracePeriod)
        const error = yield* Fiber.join(add)
        assert.deepInclude(error._tag === "ExecutionFailed" ? error.error : {}, { name: "AttemptTimedOut" })
        assert.deepInclude(yield* client.debounce("job").add({ id, event }), { eventCount: 1 })
      }))
  })

  it.effect("as a pool's onDeadLetter or onEmpty, does not hold up a shutdown", () =>
    Effect.gen(function*() {
      const { layer, lines } = recordLog()
      const { code: onDeadLetter } = stubborn()
      const { code: onEmpty } = stubborn()
      const { close, pool } = yield* Effect.provide(
        openPool(yield* open, {
          execute: () => Effect.fail("no"),
          onDeadLetter: () => onDeadLetter("onDeadLetter"),
          onEmpty: () => onEmpty("onEmpty")
        }, { gracePeriod }),
        layer
      )
      yield* pool.enqueue({ itemId: id, event: input })
      yield* until(Effect.map(pool.status(), ({ deadLetters }) => deadLetters === 1))
      yield* settled
      const closing = yield* Effect.forkChild(close, { startImmediately: true })
      yield* settled
      yield* TestClock.adjust(2 * gracePeriod - 1)
      yield* settled
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* Fiber.join(closing)
      const told = lines.filter(({ message }) => leftBehind.test(message))
      assert.deepStrictEqual(told.map(({ annotations }) => annotations["instanceId"]), [
        "workerPool:pool:0",
        "workerPool:pool:0"
      ])
    }))
})
