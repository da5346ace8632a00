import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Continuous, createJobRegistry, type JobsError, JobsHost } from "../src/index.ts"
import { allAlarms } from "./support/allAlarms.ts"
import { type CountContext, counting } from "./support/definitions.ts"
import { openRuntime } from "./support/openRuntime.ts"
import { storages } from "./support/storages.ts"

const id = "a"
const input = { n: 0 }

describe.each(storages)("what outlives a runtime on $name", ({ open }) => {
  const openJob = Effect.fnUntraced(function*(definition: ReturnType<typeof counting>) {
    const host = yield* open
    const runtime = yield* openRuntime(createJobRegistry({ job: definition }), host)
    return { ...runtime, job: runtime.client.continuous("job"), host }
  })

  it.effect("an attempt of more than 20 ms is stored as begun, and reads do not wait for it", () =>
    Effect.gen(function*() {
      const { events, job } = yield* openJob(counting({ execute: () => Effect.sleep("1 second") }))
      const start = yield* Effect.forkChild(job.start({ id, input }))
      yield* TestClock.adjust("19 millis")
      assert.deepInclude(yield* job.status({ id }), { status: "notFound" })
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* job.status({ id }), { status: "running", runCount: 1, attempt: 1 })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 0 } })
      assert.deepStrictEqual((yield* events).map(({ type }) => type), [
        "job.created",
        "job.started",
        "execution.started"
      ])
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Fiber.join(start), { created: true })
      assert.deepStrictEqual((yield* events).slice(3).map(({ type }) => type), [
        "execution.succeeded",
        "alarm.scheduled"
      ])
      assert.deepInclude((yield* events)[3], { durationMs: 1000 })
    }))

  it.effect("a caller who leaves does not cut the run short", () =>
    Effect.gen(function*() {
      const { job } = yield* openJob(counting({
        execute: (ctx) => Effect.andThen(Effect.sleep("5 seconds"), ctx.setState({ n: 7 }))
      }))
      const start = yield* Effect.forkChild(job.start({ id, input }), { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(start)
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 7 } })
    }))

  it.effect("a restart goes on where the instance was, and overdue alarms fire once, in due order", () =>
    Effect.gen(function*() {
      const ran: Array<string> = []
      const registry = createJobRegistry({
        job: counting({
          startImmediately: false,
          execute: (ctx: CountContext) =>
            Effect.andThen(Effect.sync(() => ran.push(ctx.id)), ctx.updateState(({ n }) => ({ n: n + 1 })))
        })
      })
      const host = yield* open
      const first = yield* openRuntime(registry, host)
      for (const each of ["x", "y", "z"]) {
        yield* first.client.continuous("job").start({ id: each, input })
        yield* TestClock.adjust("1 second")
      }
      yield* first.close
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(ran, [])
      const second = yield* openRuntime(registry, host)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(ran, ["x", "y", "z"])
      const job = second.client.continuous("job")
      assert.deepStrictEqual(yield* job.getState({ id: "y" }), { state: { n: 1 } })
      assert.deepInclude(yield* job.status({ id: "y" }), { nextRunAt: 661_000 })
    }))

  it.effect("a shutdown lets handlers end within the grace period", () =>
    Effect.gen(function*() {
      const host = yield* open
      const registry = createJobRegistry({
        job: counting({ execute: (ctx) => Effect.andThen(Effect.sleep("3 seconds"), ctx.setState({ n: 5 })) })
      })
      const first = yield* openRuntime(registry, host)
      const start = yield* Effect.forkChild(first.client.continuous("job").start({ id, input }))
      yield* TestClock.adjust("1 second")
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(close)
      assert.deepInclude(yield* Fiber.join(start), { created: true })
      const refused = yield* Effect.flip(first.client.continuous("job").trigger({ id }))
      assert.strictEqual(refused._tag, "HostUnavailable")
      const second = yield* openRuntime(registry, host)
      assert.deepStrictEqual(yield* second.client.continuous("job").getState({ id }), { state: { n: 5 } })
    }))

  it.effect("a shutdown interrupts after the grace period, and the same attempt runs again", () =>
    Effect.gen(function*() {
      const host = yield* open
      const seen: Array<string> = []
      const execute = (ctx: CountContext) =>
        Effect.suspend(() => {
          seen.push(`${ctx.executionId.split(":").at(-1)} ${ctx.attempt}`)
          return seen.length === 1 ? Effect.never : ctx.setState({ n: 5 })
        })
      const registry = createJobRegistry({ job: counting({ execute }) })
      const first = yield* openRuntime(registry, host, { gracePeriod: 1000 })
      const start = yield* Effect.forkChild(Effect.exit(first.client.continuous("job").start({ id, input })))
      yield* TestClock.adjust("20 millis")
      const before = yield* first.events
      const close = yield* Effect.forkChild(first.close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(close)
      assert.isTrue(Exit.isFailure(yield* Fiber.join(start)))

      const second = yield* openRuntime(registry, host)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen, ["r1 1", "r1 1"])
      const after = yield* second.events
      assert.deepStrictEqual(after.map(({ sequence, type }) => [sequence, type]), [
        [4, "execution.started"],
        [5, "execution.succeeded"],
        [6, "alarm.scheduled"]
      ])
      assert.deepInclude(after[0], { recovered: true, trigger: "start", attempt: 1 })
      assert.strictEqual(after[0]?.executionId, before[2]?.executionId)
      assert.strictEqual(after[0]?.parentEventId, before[2]?.eventId)
    }))

  it.effect("a stored state that no longer fits is left alone until its schema does", () =>
    Effect.gen(function*() {
      const host = yield* open
      const first = yield* openRuntime(createJobRegistry({ job: counting() }), host)
      yield* first.client.continuous("job").start({ id, input })
      yield* first.close

      let ran = 0
      const changed = Continuous.make({
        stateSchema: Schema.Struct({ n: Schema.Int, unit: Schema.String }),
        schedule: Continuous.every("1 minute"),
        execute: () => Effect.sync(() => ++ran)
      })
      const second = yield* openRuntime(createJobRegistry({ job: changed }), host)
      yield* TestClock.adjust("3 minutes")
      const job = second.client.continuous("job")
      const error = yield* Effect.flip(job.trigger({ id }))
      assert.deepInclude(error, { _tag: "StateUndecodable", instanceId: "continuous:job:a" })
      assert.include(error.message, "state.unit")
      assert.strictEqual((yield* Effect.flip(job.getState({ id })))._tag, "StateUndecodable")
      assert.deepInclude(yield* job.status({ id }), { status: "failed", nextRunAt: null })
      assert.strictEqual(ran, 0)
      yield* second.close

      const third = yield* openRuntime(createJobRegistry({ job: counting() }), host)
      const mended = third.client.continuous("job")
      assert.deepInclude(yield* mended.trigger({ id }), { triggered: true })
      assert.deepStrictEqual(yield* mended.getState({ id }), { state: { n: 2 } })
      assert.deepInclude(yield* mended.status({ id }), { status: "running", nextRunAt: 240_000 })
    }))

  it.effect("a record that cannot be read at all is left alone, until it is terminated", () =>
    Effect.gen(function*() {
      const host = yield* Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), Context.get(JobsHost))
      const instanceId = "continuous:job:a"
      const alarm = { dueAt: 1000, generation: 1 }
      yield* host.commit({
        instanceId,
        expectedVersion: 0,
        record: `{"format":9}`,
        alarm,
        events: [],
        entries: new Map()
      })
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), Layer.succeed(JobsHost, host))
      const job = runtime.client.continuous("job")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* allAlarms(host), [])
      for (const call of [job.trigger({ id }), job.status({ id }), job.start({ id, input })]) {
        assert.strictEqual((yield* Effect.flip<unknown, JobsError, never>(call))._tag, "StateUndecodable")
      }
      assert.deepStrictEqual(yield* job.terminate({ id }), { terminated: true })
      assert.deepInclude(yield* job.start({ id, input }), { created: true })
    }))

  it.effect("an alarm that is early, of another generation or of nobody does nothing", () =>
    Effect.gen(function*() {
      const { dispatcher, events, job } = yield* openJob(counting())
      yield* job.start({ id, input })
      const before = yield* events
      yield* dispatcher.handleAlarm("continuous:job:a")
      yield* dispatcher.handleAlarm("continuous:job:nobody")
      yield* TestClock.adjust("1 minute")
      yield* dispatcher.handleAlarm("continuous:job:a", 1)
      assert.strictEqual((yield* events).length, before.length + 4)
    }))
})
