import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, HostUnavailable, JobsHost } from "../src/index.ts"
import { counting, failing } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"

const id = "a"
const input = { n: 0 }

/** The memory host with a switch that makes its commits fail, as a full disk would. */
const openWithSwitch = Effect.map(Effect.provide(JobsHost, JobsHost.memory), (host) => {
  const disk = { isFull: false }
  const layer = Layer.succeed(JobsHost, {
    ...host,
    commit: (commit) =>
      Effect.suspend(() =>
        disk.isFull
          ? Effect.fail(new HostUnavailable({ host: "memory", problem: "The disk is full." }))
          : host.commit(commit)
      )
  })
  return { disk, layer }
})

describe("a host that fails", () => {
  it.effect("stores nothing of the call and says so", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openWithSwitch
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), layer)
      const job = runtime.client.continuous("job")
      disk.isFull = true
      const error = yield* Effect.flip(job.start({ id, input }))
      assert.strictEqual(error.message, "The disk is full.")
      disk.isFull = false
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
      assert.deepStrictEqual(yield* runtime.events, [])
      assert.deepInclude(yield* job.start({ id, input }), { created: true })
    }))

  it.effect("uses up no attempt: the alarm is served once the host is back", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openWithSwitch
      const runtime = yield* openRuntime(createJobRegistry({ job: failing(2) }), layer)
      const job = runtime.client.continuous("job")
      yield* job.start({ id, input })
      disk.isFull = true
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* job.status({ id }), { attempt: 2, nextRunAt: 1000 })
      disk.isFull = false
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* job.status({ id }), { attempt: 0, runCount: 1, nextRunAt: 60_000 })
      const attempts = (yield* runtime.events).flatMap((event) =>
        event.type === "execution.started" ? [event.attempt] : []
      )
      assert.deepStrictEqual(attempts, [1, 2])
    }))

  it.effect("stops user code when its begin cannot be stored", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openWithSwitch
      let stopped = 0
      const execute = () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => ++stopped))
      const runtime = yield* openRuntime(createJobRegistry({ job: counting({ execute }) }), layer)
      disk.isFull = true
      const start = yield* Effect.forkChild(Effect.flip(runtime.client.continuous("job").start({ id, input })))
      yield* TestClock.adjust("20 millis")
      assert.isDefined(start.pollUnsafe())
      assert.strictEqual(stopped, 1)
    }))

  it.effect("loses an outcome that it did not store: the attempt runs again as the same one", () =>
    Effect.gen(function*() {
      const { disk, layer } = yield* openWithSwitch
      const executions: Array<string> = []
      const runtime = yield* openRuntime(
        createJobRegistry({
          job: counting({
            execute: (ctx) =>
              Effect.andThen(
                Effect.sync(() => executions.push(ctx.executionId)),
                Effect.andThen(Effect.sleep("1 second"), ctx.updateState(({ n }) => ({ n: n + 1 })))
              )
          })
        }),
        layer
      )
      const job = runtime.client.continuous("job")
      const start = yield* Effect.forkChild(Effect.flip(job.start({ id, input })))
      yield* TestClock.adjust("500 millis")
      disk.isFull = true
      yield* TestClock.adjust("500 millis")
      assert.isDefined(start.pollUnsafe())
      disk.isFull = false
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
      assert.isAtLeast(executions.length, 2)
      assert.strictEqual(new Set(executions).size, 1)
    }))
})
