import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  Continuous,
  createJobRegistry,
  createJobsRuntime,
  InvalidInput,
  JobsClient,
  JobsHost
} from "../../src/index.ts"
import { summing } from "../support/debounces.ts"
import { Count } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"

const id = "a"
const event = { amount: 1 }
const other = (name: string) => Effect.map(JobsClient, (client) => client.debounce(name))

describe.each(storages)("requests to debounce jobs that no compiler has seen, on $name", ({ open }) => {
  const good = { type: "debounce", action: "add", name: "job", id, event }

  it.live.each<{ readonly field: string; readonly request: object }>([
    { field: "action", request: { ...good, action: "start" } },
    { field: "action", request: { ...good, action: "toString" } },
    { field: "name", request: { ...good, name: undefined } },
    { field: "id", request: { ...good, id: "" } },
    { field: "event", request: { ...good, event: undefined } },
    { field: "event", request: { ...good, event: "one" } },
    { field: "event.amount", request: { ...good, event: { amount: "1" } } },
    { field: "event.amount", request: { ...good, event: { amount: 5n } } },
    { field: "dedupeKey", request: { ...good, dedupeKey: "" } },
    { field: "reason", request: { ...good, action: "terminate", reason: 5 } },
    { field: "parentIncarnationId", request: { ...good, parentIncarnationId: {} } }
  ])("are refused by their field: $field of $request", ({ field, request }) =>
    Effect.gen(function*() {
      const host = yield* open
      const runtime = yield* Effect.acquireRelease(
        Effect.sync(() => createJobsRuntime(createJobRegistry({ job: summing().definition }), { host })),
        (runtime) => Effect.promise(() => runtime.dispose())
      )
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => Reflect.apply(runtime.handle, runtime, [request]), catch: (error) => error })
      )
      assert.instanceOf(error, InvalidInput)
      assert.strictEqual(error.field, field)
      const status = yield* Effect.promise(() => runtime.client.debounce("job").status({ id }))
      assert.strictEqual(status.status, "notFound")
    }))

  it.live("that are good are served, with promises too", () =>
    Effect.gen(function*() {
      const host = yield* open
      const sums = summing({ onExhausted: "keep" })
      const registry = createJobRegistry({ job: sums.definition })
      const runtime = yield* Effect.acquireRelease(
        Effect.sync(() => createJobsRuntime(registry, { host })),
        (runtime) => Effect.promise(() => runtime.dispose())
      )
      yield* Effect.promise(async () => {
        const job = runtime.client.debounce("job")
        const added = await runtime.handle({ type: "debounce", action: "add", name: "job", id, event })
        assert.deepInclude(added, { created: true, eventCount: 1 })
        assert.deepInclude(await job.add({ id, event }), { eventCount: 2 })
        assert.deepStrictEqual(await job.getState({ id }), { state: { sum: 2 } })
        assert.deepInclude(await job.status({ id }), { status: "debouncing" })
        assert.deepInclude(await job.flush({ id }), { flushed: true, eventCount: 2 })
        assert.deepStrictEqual(await job.clear({ id }), { cleared: false, discardedEvents: 0 })
        assert.deepStrictEqual(await job.terminate({ id }), { terminated: false })
        assert.deepStrictEqual(await job.retry({ id }), { retried: false })
        assert.deepStrictEqual(await job.discard({ id }), { discarded: false })
        await runtime.handleAlarm("debounce:job:a")
      })
      assert.lengthOf(sums.flushed, 1)
    }))

  it.effect("names that no debounce job has are not found", () =>
    Effect.gen(function*() {
      const job = Continuous.make({
        stateSchema: Count,
        schedule: Continuous.every("1 hour"),
        execute: () =>
          Effect.flatMap(Effect.flip(Effect.flatMap(other("job"), (job) => job.add({ id, event }))), Effect.fail)
      })
      const registry = createJobRegistry({ job, sums: summing().definition })
      const { client } = yield* openRuntime(registry, JobsHost.memory)
      const error = yield* Effect.flip(client.continuous("job").start({ id, input: { n: 0 } }))
      assert.include(error.message, "There is no debounce job named \"job\". Known: sums.")
    }))
})
