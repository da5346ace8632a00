import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry } from "../../src/index.ts"
import { type Summing, summing } from "../support/debounces.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }

describe.each(storages)("repeats of calls to debounce jobs on $name", ({ open }) => {
  const openJob = Effect.fnUntraced(function*({ definition }: { readonly definition: Summing }) {
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
    return { ...runtime, job: runtime.client.debounce("job") }
  })

  it.effect("an add with the same key adds once, and answers the same", () =>
    Effect.gen(function*() {
      const { events, job } = yield* openJob(summing())
      const first = yield* job.add({ id, event, dedupeKey: "k" })
      const before = yield* events
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* job.add({ id, event, dedupeKey: "k" }), first)
      assert.deepInclude(yield* job.status({ id }), { eventCount: 1 })
      assert.lengthOf(yield* events, before.length)
      assert.deepInclude(yield* job.add({ id, event, dedupeKey: "another" }), { eventCount: 2 })
    }))

  it.effect("concurrent adds with one key add once", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing())
      const add = job.add({ id, event, dedupeKey: "k" })
      const answers = yield* Effect.all(Array.from({ length: 8 }, () => add), { concurrency: "unbounded" })
      assert.deepStrictEqual(new Set(answers.map(({ eventCount }) => eventCount)), new Set([1]))
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 1 } })
    }))

  it.effect("an add during a flush with the same key adds once, also after the flush", () =>
    Effect.gen(function*() {
      const go = yield* Deferred.make<void>()
      const { job } = yield* openJob(summing({ execute: () => Deferred.await(go) }))
      yield* job.add({ id, event })
      const flush = yield* Effect.forkChild(job.flush({ id, dedupeKey: "f" }), { startImmediately: true })
      const add = job.add({ id, event: { amount: 7 }, dedupeKey: "k" })
      const first = yield* add
      assert.deepInclude(first, { status: "flushing", eventCount: 1 })
      assert.deepStrictEqual(yield* add, first)
      yield* Deferred.succeed(go, undefined)
      const flushed = yield* Fiber.join(flush)
      assert.deepStrictEqual(yield* add, first)
      assert.deepStrictEqual(yield* job.flush({ id, dedupeKey: "f" }), flushed)
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 7 } })
    }))

  it.effect("an add that has flushed is answered as it was, and flushes nothing again", () =>
    Effect.gen(function*() {
      const sums = summing({ maxEvents: 1 })
      const { job } = yield* openJob(sums)
      const first = yield* job.add({ id, event, dedupeKey: "k" })
      assert.deepStrictEqual(yield* job.add({ id, event, dedupeKey: "k" }), first)
      assert.lengthOf(sums.flushed, 1)
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
    }))

  it.effect("the same key with another event is a conflict; InvalidInput is not kept", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing())
      yield* Effect.flip(job.add({ id, event: { amount: 0.5 }, dedupeKey: "k" }))
      yield* job.add({ id, event, dedupeKey: "k" })
      const conflict = yield* Effect.flip(job.add({ id, event: { amount: 2 }, dedupeKey: "k" }))
      assert.deepInclude(conflict, { _tag: "DedupeConflict", instanceId: "debounce:job:a", action: "add" })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 1 } })
    }))

  it.effect("a failed add is answered again as it was", () =>
    Effect.gen(function*() {
      let calls = 0
      const { job } = yield* openJob(summing({ onEvent: () => Effect.fail(`failure ${++calls}`) }))
      const add = Effect.flip(job.add({ id, event, dedupeKey: "k" }))
      const first = yield* add
      assert.strictEqual((yield* add).message, first.message)
      assert.strictEqual(calls, 1)
    }))

  it.effect("clear with the same key clears once", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing())
      yield* job.add({ id, event })
      const first = yield* job.clear({ id, dedupeKey: "k" })
      assert.deepStrictEqual(first, { cleared: true, discardedEvents: 1 })
      yield* job.add({ id, event })
      assert.deepStrictEqual(yield* job.clear({ id, dedupeKey: "k" }), first)
      assert.deepInclude(yield* job.status({ id }), { status: "debouncing", eventCount: 1 })
    }))
})
