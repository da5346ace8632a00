import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, JobsClient } from "../../src/index.ts"
import { summing } from "../support/debounces.ts"
import { Count } from "../support/definitions.ts"
import { assertOrdered } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }
const other = (name: string) => Effect.map(JobsClient, (client) => client.debounce(name))

describe.each(storages)("calls from inside jobs to debounce jobs on $name", ({ open }) => {
  it.effect("a flush may add to its own instance: that is its next buffer", () =>
    Effect.gen(function*() {
      const sums: Array<number> = []
      const { definition } = summing({
        execute: (ctx) =>
          Effect.gen(function*() {
            const { sum } = yield* ctx.state
            sums.push(sum)
            if (sum >= 4) return
            const answer = yield* (yield* other("job")).add({ id, event: { amount: sum + 1 } })
            assert.deepInclude(answer, { created: false, eventCount: 1, status: "flushing" })
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
      yield* runtime.client.debounce("job").add({ id, event })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(sums, [1, 2, 3, 4])
      const told = yield* runtime.events
      assertOrdered(told)
      const lives = told.filter((event) => event.type === "job.created")
      assert.deepStrictEqual(lives.map(({ parentIncarnationId }) => parentIncarnationId), [
        undefined,
        ...lives.slice(0, 3).map(({ incarnationId }) => incarnationId)
      ])
    }))

  it.effect.each(["flush", "clear", "retry", "discard"] as const)(
    "a flush cannot %s its own instance",
    (action) =>
      Effect.gen(function*() {
        const told: Array<string> = []
        const { definition } = summing({
          execute: () =>
            Effect.gen(function*() {
              const call: Effect.Effect<unknown, { readonly _tag: string }> = (yield* other("job"))[action]({ id })
              told.push(yield* Effect.match(call, { onFailure: ({ _tag }) => _tag, onSuccess: () => "served" }))
            })
        })
        const { client } = yield* openRuntime(createJobRegistry({ job: definition }), yield* open)
        yield* client.debounce("job").add({ id, event })
        assert.deepInclude(yield* client.debounce("job").flush({ id }), { flushed: true })
        assert.deepStrictEqual(told, ["InvalidInput"])
      })
  )

  it.effect("another job's add begins a child of it", () =>
    Effect.gen(function*() {
      const parent = Continuous.make({
        stateSchema: Count,
        schedule: Continuous.every("1 hour"),
        execute: () => Effect.flatMap(other("job"), (job) => job.add({ id, event }))
      })
      const { client, events } = yield* openRuntime(
        createJobRegistry({ job: summing().definition, parent }),
        yield* open
      )
      yield* client.continuous("parent").start({ id, input: { n: 0 } })
      const all = yield* events
      const incarnationId = all.find(({ jobName }) => jobName === "parent")?.incarnationId
      assert.isDefined(incarnationId)
      assert.deepInclude(all.find(({ jobName }) => jobName === "job"), { parentIncarnationId: incarnationId })
    }))

  it.effect("a job that a flush waits for may add to the flushed instance", () =>
    Effect.gen(function*() {
      const relay = Continuous.make({
        stateSchema: Count,
        schedule: Continuous.every("1 hour"),
        execute: () => Effect.flatMap(other("job"), (job) => job.add({ id, event: { amount: 7 } }))
      })
      const { definition } = summing({
        execute: () =>
          Effect.flatMap(JobsClient, ({ continuous }) => continuous("relay").start({ id, input: { n: 0 } }))
      })
      const { client } = yield* openRuntime(createJobRegistry({ job: definition, relay }), yield* open)
      const job = client.debounce("job")
      yield* job.add({ id, event })
      assert.deepInclude(yield* job.flush({ id }), { flushed: true })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { sum: 7 } })
    }))
})
