import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, Debounce } from "../../src/index.ts"
import { Amount, failingFlush, Sum, summing } from "../support/debounces.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }

describe.each(storages)("a stored debounce state that its schema no longer accepts, on $name", ({ open }) => {
  const Renamed = Schema.Struct({ total: Schema.Int })
  const renamed = Debounce.make({
    eventSchema: Amount,
    stateSchema: Renamed,
    flushAfter: "10 seconds",
    onEvent: ({ event, state }) => Effect.succeed({ total: (state?.total ?? 0) + event.amount }),
    execute: () => Effect.die("no user code runs")
  })

  /** A buffer of one event, and a runtime that cannot read it. */
  const openChanged = Effect.gen(function*() {
    const host = yield* open
    const first = yield* openRuntime(createJobRegistry({ job: summing().definition }), host)
    yield* first.client.debounce("job").add({ id, event })
    yield* first.close
    const { client, close } = yield* openRuntime(createJobRegistry({ job: renamed }), host)
    return { close, host, job: client.debounce("job") }
  })

  it.effect("is quarantined by its alarm: no user code, no further alarm", () =>
    Effect.gen(function*() {
      const { job } = yield* openChanged
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* job.status({ id }), { status: "failed", willFlushAt: null })
      const refused = yield* Effect.flip(job.getState({ id }))
      assert.deepInclude(refused, { _tag: "StateUndecodable", instanceId: "debounce:job:a" })
      assert.deepInclude(yield* job.add({ id, event }), { created: false, status: "failed" })
      assert.deepStrictEqual(yield* job.discard({ id }), { discarded: true })
      assert.deepInclude(yield* job.add({ id, event }), { created: true, eventCount: 1 })
    }))

  it.effect("is quarantined by an add, which adds nothing", () =>
    Effect.gen(function*() {
      const { job } = yield* openChanged
      const refused = yield* Effect.flip(job.add({ id, event }))
      assert.strictEqual(refused._tag, "StateUndecodable")
      assert.include(refused.message, "state.total")
      assert.deepInclude(yield* job.status({ id }), { status: "failed", eventCount: 1 })
    }))

  it.effect("is flushed once its schema accepts it again and somebody asks for it", () =>
    Effect.gen(function*() {
      const { close, host, job } = yield* openChanged
      yield* Effect.flip(job.flush({ id }))
      yield* close
      const sums = summing()
      const mended = yield* openRuntime(createJobRegistry({ job: sums.definition }), host)
      assert.deepInclude(yield* mended.client.debounce("job").flush({ id }), { flushed: true, eventCount: 1 })
      assert.deepStrictEqual(sums.flushed, [{ sum: 1, eventCount: 1, reason: "manual" }])
    }))

  it.effect("of the buffer after the one that is flushed does not hold up that flush", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* openRuntime(createJobRegistry({ job: failingFlush(1).definition }), host)
      yield* first.client.debounce("job").add({ id, event })
      yield* first.client.debounce("job").flush({ id })
      yield* first.client.debounce("job").add({ id, event })
      yield* first.close
      const flushed: Array<unknown> = []
      const both = yield* Deferred.make<void>()
      const either = Debounce.make({
        eventSchema: Amount,
        stateSchema: Schema.Union([Sum, Schema.Null]).check(Schema.makeFilter((state) => seen.accepts(state))),
        flushAfter: "10 seconds",
        onEvent: () => Effect.succeed(null),
        execute: (ctx) =>
          Effect.flatMap(ctx.state, (state) =>
            flushed.push(state) === 2 ? Deferred.succeed(both, undefined) : Effect.void)
      })
      const seen = {
        accepts: (_state: unknown): boolean =>
          true
      }
      const { client } = yield* openRuntime(createJobRegistry({ job: either }), host)
      const job = client.debounce("job")
      seen.accepts = () => false
      assert.strictEqual((yield* Effect.flip(job.add({ id, event })))._tag, "StateUndecodable")
      seen.accepts = () => true
      assert.deepInclude(yield* job.status({ id }), { status: "flushing", eventCount: 1 })
      assert.deepInclude(yield* job.flush({ id }), { flushed: true })
      yield* TestClock.adjust("10 seconds")
      yield* Deferred.await(both)
      assert.deepStrictEqual(flushed, [{ sum: 1 }, { sum: 1 }])
    }))
})
