import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry } from "../../src/index.ts"
import { failingFlush, type SumContext, type Summing, summing } from "../support/debounces.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }

const facts = (ctx: SumContext) => ({
  eventCount: ctx.eventCount,
  debounceStartedAt: ctx.debounceStartedAt,
  flushReason: ctx.flushReason,
  attempt: ctx.attempt,
  isRetry: ctx.isRetry,
  runCount: ctx.runCount,
  id: ctx.id,
  executionId: ctx.executionId === `${ctx.incarnationId}:flush`
})

describe.each(storages)("what a debounce job promises on $name", ({ open }) => {
  const openJob = Effect.fnUntraced(function*({ definition }: { readonly definition: Summing }) {
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
    return { ...runtime, job: runtime.client.debounce("job") }
  })

  it.effect("a flush knows its buffer, and a retry knows the same", () =>
    Effect.gen(function*() {
      const seen: Array<object> = []
      const { job } = yield* openJob(failingFlush(1, {
        execute: (ctx) => {
          seen.push(facts(ctx))
          return seen.length === 1 ? Effect.fail("no") : Effect.void
        }
      }))
      yield* TestClock.adjust("5 seconds")
      yield* job.add({ id, event })
      yield* job.add({ id, event })
      yield* TestClock.adjust("11 seconds")
      const first = {
        eventCount: 2,
        debounceStartedAt: 5000,
        flushReason: "timeout",
        attempt: 1,
        isRetry: false,
        runCount: 1,
        id,
        executionId: true
      }
      assert.deepStrictEqual(seen, [first, { ...first, attempt: 2, isRetry: true }])
    }))

  it.effect("status tells where the buffer is", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(failingFlush(9, { onExhausted: "keep" }))
      const status = job.status({ id })
      const none = { eventCount: 0, startedAt: null, willFlushAt: null }
      assert.deepStrictEqual(yield* status, { status: "notFound", ...none })
      yield* job.add({ id, event })
      const one = { eventCount: 1, startedAt: 0 }
      assert.deepStrictEqual(yield* status, { status: "debouncing", ...one, willFlushAt: 10_000 })
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* status, { status: "flushing", ...one, willFlushAt: 11_000 })
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* status, { status: "failed", ...one, willFlushAt: null })
      yield* job.discard({ id })
      assert.deepStrictEqual(yield* status, { status: "notFound", ...none })
    }))

  it.effect("ten concurrent adds add up to ten", () =>
    Effect.gen(function*() {
      const sums = summing({
        onEvent: ({ event, state }) => Effect.as(Effect.yieldNow, { sum: (state?.sum ?? 0) + event.amount })
      })
      const { job } = yield* openJob(sums)
      const answers = yield* Effect.forEach(Array.from({ length: 10 }), () => job.add({ id, event }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        answers.map(({ eventCount }) => eventCount).toSorted((a, b) => a - b),
        Array.from({ length: 10 }, (_, index) => index + 1)
      )
      assert.lengthOf(answers.filter(({ created }) => created), 1)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(sums.flushed, [{ sum: 10, eventCount: 10, reason: "timeout" }])
    }))

  it.effect("concurrent adds around full buffers lose nothing", () =>
    Effect.gen(function*() {
      const sums = summing({ maxEvents: 3 })
      const { definition, flushed } = sums
      const { job } = yield* openJob({ definition })
      yield* Effect.forEach(Array.from({ length: 20 }), () => job.add({ id, event }), { concurrency: "unbounded" })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(flushed.reduce((total, { sum }) => total + sum, 0), 20)
      assert.deepStrictEqual(flushed.map(({ sum }) => sum), flushed.map(({ eventCount }) => eventCount))
    }))

  it.effect("a retried failure that fails again is kept again", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing({ execute: () => Effect.fail("no"), onExhausted: "keep" }))
      yield* job.add({ id, event })
      yield* Effect.flip(job.flush({ id }))
      assert.deepInclude(yield* Effect.flip(job.retry({ id })), { _tag: "ExecutionFailed", attempts: 1 })
      assert.deepInclude(yield* job.status({ id }), { status: "failed", eventCount: 1 })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 1 } })
    }))

  it.effect("different instances have different buffers", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(summing())
      yield* job.add({ id: "x", event: { amount: 1 } })
      yield* job.add({ id: "y", event: { amount: 2 } })
      yield* job.add({ id: "y", event: { amount: 2 } })
      assert.deepStrictEqual(yield* job.getState({ id: "x" }), { state: { sum: 1 } })
      assert.deepStrictEqual(yield* job.getState({ id: "y" }), { state: { sum: 4 } })
    }))
})
