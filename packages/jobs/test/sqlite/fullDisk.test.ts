import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Continuous, createJobRegistry, Debounce, type JobsError, JobsHost, Task, WorkerPool } from "../../src/index.ts"
import { Books } from "../crash/Books.ts"
import { counting, failing } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { mayMount, smallDisk } from "../support/smallDisk.ts"
import { until } from "../support/until.ts"

const id = "a"
const input = { n: 0 }

const openDisk = Effect.map(smallDisk(2 ** 20), (disk) => {
  const filename = join(disk.folder, "jobs.db")
  return { ...disk, filename, host: JobsHost.sqlite({ filename, thread: false }) }
})

const assertSound = (filename: string) => {
  const db = new DatabaseSync(filename)
  assert.deepStrictEqual({ ...db.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" })
  db.close()
}

const refusalOf = <A>(call: Effect.Effect<A, JobsError>, filename: string, instanceId: string) =>
  Effect.map(Effect.flip(call), (error) => {
    assert.deepInclude(error, { _tag: "HostUnavailable", instanceId })
    assert.strictEqual(
      error.message,
      `The disk of the SQLite file ${filename} is full: the commit of ${instanceId} was not stored. ` +
        "Free some space, then ask again."
    )
  })

const gathering = Debounce.make({
  eventSchema: Schema.Int,
  stateSchema: Schema.Array(Schema.Int),
  flushAfter: "1 minute",
  onEvent: ({ event, state }) => Effect.succeed([...state ?? [], event]),
  execute: (ctx) => ctx.state
})
const keeping = Task.make({
  stateSchema: Schema.Array(Schema.Int),
  eventSchema: Schema.Int,
  onEvent: (event, ctx) => Effect.flatMap(ctx.state, (state) => ctx.setState([...state ?? [], event])),
  execute: () => Effect.void
})

describe.runIf(mayMount)("a disk that is full while jobs run", () => {
  it.effect("stores nothing of a call and says so, whatever its kind of job; with room again all go on", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      const ran: Array<number> = []
      const working = WorkerPool.make({
        eventSchema: Schema.Int,
        concurrency: 2,
        execute: (event) => Effect.sync(() => ran.push(event))
      })
      const registry = createJobRegistry({ count: counting(), gather: gathering, keep: keeping, work: working })
      const runtime = yield* openRuntime(registry, host)
      const { continuous, debounce, task, workerPool } = runtime.client
      const start = continuous("count").start({ id, input })
      const add = debounce("gather").add({ id, event: 1 })
      const send = task("keep").send({ id, event: 1 })
      const enqueue = workerPool("work").enqueue({ event: 1, itemId: "i" })
      yield* continuous("count").start({ id: "there", input })
      const told = (yield* runtime.events).length

      fill()
      yield* refusalOf(start, filename, "continuous:count:a")
      yield* refusalOf(add, filename, "debounce:gather:a")
      yield* refusalOf(send, filename, "task:keep:a")
      yield* refusalOf(enqueue, filename, "workerPool:work:0")
      yield* refusalOf(continuous("count").trigger({ id: "there" }), filename, "continuous:count:there")
      yield* refusalOf(continuous("count").terminate({ id: "there" }), filename, "continuous:count:there")
      // What is stored can be read, and there is nothing else.
      assert.deepStrictEqual(yield* continuous("count").getState({ id: "there" }), { state: { n: 1 } })
      assert.deepInclude(yield* continuous("count").status({ id: "there" }), { status: "running", runCount: 1 })
      assert.deepInclude(yield* continuous("count").status({ id }), { status: "notFound" })
      assert.deepInclude(yield* debounce("gather").status({ id }), { status: "notFound" })
      assert.deepInclude(yield* task("keep").status({ id }), { status: "notFound" })
      assert.deepInclude(yield* workerPool("work").status(), { pending: 0, running: 0, deadLetters: 0 })
      assert.lengthOf(yield* runtime.events, told)
      assert.deepStrictEqual(ran, [])

      free()
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* start, { created: true })
      assert.deepInclude(yield* add, { created: true, eventCount: 1 })
      assert.deepInclude(yield* send, { created: true })
      assert.deepInclude(yield* enqueue, { created: true })
      yield* until(Effect.sync(() => ran.length > 0))
      assert.deepStrictEqual(yield* task("keep").getState({ id }), { state: [1] })
      assert.deepInclude(yield* continuous("count").trigger({ id: "there" }), { triggered: true })
      assert.deepStrictEqual(yield* continuous("count").getState({ id: "there" }), { state: { n: 2 } })
      yield* workerPool("work").drain()
      new Books().assertComplete(yield* runtime.events)
      yield* runtime.close
      assertSound(filename)
    }))

  it.effect("is tried by an alarm once a second, and the alarm fires once when there is room", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      let runs = 0
      const job = counting({
        startImmediately: false,
        execute: (ctx) => Effect.andThen(Effect.sync(() => ++runs), ctx.updateState(({ n }) => ({ n: n + 1 })))
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), host)
      const client = runtime.client.continuous("job")
      yield* client.start({ id, input })
      fill()
      yield* TestClock.adjust("1 minute")
      yield* TestClock.adjust("5 seconds")
      assert.isAtMost(runs, 6)
      assert.isAtLeast(runs, 2)
      free()
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* client.status({ id }), { runCount: 1, attempt: 0, nextRunAt: 120_000 })
      assert.deepStrictEqual(yield* client.getState({ id }), { state: { n: 1 } })
      const fired = (yield* runtime.events).filter(({ type }) => type === "alarm.fired")
      assert.lengthOf(fired, 1)
      new Books().assertComplete(yield* runtime.events)
      yield* runtime.close
      assertSound(filename)
    }))

  it.effect("uses up no attempt", () =>
    Effect.gen(function*() {
      const { fill, free, host } = yield* openDisk
      const runtime = yield* openRuntime(createJobRegistry({ job: failing(1) }), host)
      const client = runtime.client.continuous("job")
      assert.deepInclude(yield* client.status({ id }), { status: "notFound" })
      const first = yield* client.start({ id, input })
      assert.deepInclude(first, { created: true })
      fill()
      yield* TestClock.adjust("9 seconds")
      assert.deepInclude(yield* client.status({ id }), { attempt: 2 })
      free()
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* client.status({ id }), { attempt: 0, runCount: 1 })
      const attempts = (yield* runtime.events).flatMap((event) =>
        event.type === "execution.started" ? [event.attempt] : []
      )
      assert.deepStrictEqual(attempts, [1, 2])
    }))

  it.effect("loses the outcome of an attempt that runs: it runs again as the same one, and is stored once", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      const executions: Array<string> = []
      const job = counting({
        retry: { maxAttempts: 2, delay: "1 second" },
        execute: (ctx) =>
          Effect.gen(function*() {
            executions.push(`${ctx.executionId} ${ctx.attempt}`)
            yield* Effect.sleep("1 second")
            yield* ctx.updateState(({ n }) => ({ n: n + 1 }))
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), host)
      const client = runtime.client.continuous("job")
      const start = client.start({ id, input, dedupeKey: "k" })
      const first = yield* Effect.forkChild(Effect.exit(start), { startImmediately: true })
      yield* until(Effect.sync(() => executions.length > 0))
      yield* TestClock.adjust("500 millis")
      fill()
      yield* TestClock.adjust("500 millis")
      yield* refusalOf(Effect.flatten(Fiber.join(first)), filename, "continuous:job:a")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* client.getState({ id }), { state: input })
      free()
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* client.getState({ id }), { state: { n: 1 } })
      assert.deepInclude(yield* start, { created: true })
      assert.deepStrictEqual(yield* client.getState({ id }), { state: { n: 1 } })
      assert.strictEqual(new Set(executions).size, 1)
      assert.isAtLeast(executions.length, 2)
      const types = (yield* runtime.events).map(({ type }) => type)
      assert.lengthOf(types.filter((type) => type === "execution.succeeded"), 1)
      new Books().assertComplete(yield* runtime.events)
      yield* runtime.close
      assertSound(filename)
    }))

  it.effect("has items of a pool run again whose outcome it did not take, each as the same execution", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      const ran: Array<string> = []
      const working = WorkerPool.make({
        eventSchema: Schema.Int,
        concurrency: 2,
        retry: { maxAttempts: 2, delay: "1 second" },
        execute: (_event, ctx) =>
          Effect.andThen(Effect.sync(() => ran.push(`${ctx.executionId} ${ctx.attempt}`)), Effect.sleep("1 second"))
      })
      const runtime = yield* openRuntime(createJobRegistry({ work: working }), host)
      const pool = runtime.client.workerPool("work")
      for (const itemId of ["a", "b", "c"]) yield* pool.enqueue({ event: 1, itemId })
      yield* until(Effect.sync(() => ran.length === 2))
      yield* TestClock.adjust("500 millis")
      fill()
      yield* TestClock.adjust("500 millis")
      yield* until(Effect.map(TestClock.adjust("1 second"), () => ran.length > 2))
      assert.deepInclude(yield* pool.status(), { pending: 1, running: 2 })
      free()
      const drain = yield* Effect.forkChild(pool.drain(), { startImmediately: true })
      yield* until(Effect.map(TestClock.adjust("1 second"), () => drain.pollUnsafe() !== undefined))
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 3 })
      assert.strictEqual(new Set(ran).size, 3)
      const events = yield* runtime.events
      assert.lengthOf(events.filter(({ type }) => type === "execution.succeeded"), 3)
      new Books().assertComplete(events)
      yield* runtime.close
      assertSound(filename)
    }))

  it.effect("has a flush wait for room, with all that was added", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      const flushed: Array<ReadonlyArray<number>> = []
      const gather = Debounce.make({
        eventSchema: Schema.Int,
        stateSchema: Schema.Array(Schema.Int),
        flushAfter: "10 seconds",
        onEvent: ({ event, state }) => Effect.succeed([...state ?? [], event]),
        execute: (ctx) => Effect.map(ctx.state, (state) => flushed.push(state))
      })
      const runtime = yield* openRuntime(createJobRegistry({ gather }), host)
      const gatherer = runtime.client.debounce("gather")
      yield* gatherer.add({ id, event: 1 })
      yield* gatherer.add({ id, event: 2 })
      fill()
      yield* refusalOf(gatherer.add({ id, event: 3 }), filename, "debounce:gather:a")
      yield* TestClock.adjust("13 seconds")
      assert.deepInclude(yield* gatherer.status({ id }), { status: "debouncing", eventCount: 2 })
      free()
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* gatherer.status({ id }), { status: "notFound" })
      // User code has run in vain before, on the same events.
      assert.isAtLeast(flushed.length, 2)
      assert.deepStrictEqual(flushed, flushed.map(() => [1, 2]))
      const events = yield* runtime.events
      assert.lengthOf(events.filter(({ type }) => type === "execution.succeeded"), 1)
      new Books().assertComplete(events)
      yield* runtime.close
      assertSound(filename)
    }))

  it.effect("takes what still fits: what does not takes none with it that is stored at the same time", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      const job = Continuous.make({
        stateSchema: Schema.String,
        schedule: Continuous.every("1 hour"),
        startImmediately: false,
        execute: () => Effect.void
      })
      const runtime = yield* openRuntime(createJobRegistry({ job }), host)
      const client = runtime.client.continuous("job")
      yield* client.start({ id: "first", input: "" })
      fill(150_000)
      const starts = [["small-1", 10], ["big", 400_000], ["small-2", 10]] as const
      const exits = yield* Effect.all(
        starts.map(([id, length]) => Effect.exit(client.start({ id, input: "x".repeat(length) }))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false, true])
      free()
      assert.deepInclude(yield* client.status({ id: "big" }), { status: "notFound" })
      assert.deepInclude(yield* client.start({ id: "big", input: "x".repeat(400_000) }), { created: true })
      yield* runtime.close
      assertSound(filename)
    }))

  it.effect("lets a program end, and another one begin and read what is there", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      const registry = createJobRegistry({ job: counting({ startImmediately: false }) })
      const before = yield* openRuntime(registry, host)
      yield* before.client.continuous("job").start({ id, input })
      fill()
      yield* before.close
      const after = yield* openRuntime(registry, host)
      const job = after.client.continuous("job")
      assert.deepInclude(yield* job.status({ id }), { status: "running", nextRunAt: 60_000 })
      yield* refusalOf(job.trigger({ id }), filename, "continuous:job:a")
      free()
      assert.deepInclude(yield* job.trigger({ id }), { triggered: true })
      yield* after.close
      assertSound(filename)
    }))

  it.effect("is told apart when a file is to be made on it", () =>
    Effect.gen(function*() {
      const { filename, fill, free, host } = yield* openDisk
      fill()
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(host)))
      assert.strictEqual(
        refused.message,
        `The disk of ${filename} is full, so that the file cannot be made or brought up to date. Free some space.`
      )
      free()
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), host)
      assert.deepInclude(yield* runtime.client.continuous("job").start({ id, input }), { created: true })
    }))

  it.effect("that can only be read is told apart as well", () =>
    Effect.gen(function*() {
      const { filename, host, remount } = yield* openDisk
      yield* Effect.scoped(Layer.build(host))
      remount("ro")
      const refused = yield* Effect.flip(Effect.scoped(Layer.build(host)))
      remount("rw")
      assert.strictEqual(refused._tag, "HostUnavailable")
      assert.include(refused.message, filename)
      assert.match(refused.message, /cannot be (written|opened for writing)/)
      yield* Effect.scoped(Layer.build(host))
      assertSound(filename)
    }))
})
