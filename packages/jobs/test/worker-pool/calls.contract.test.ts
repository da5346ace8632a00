import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import {
  Continuous,
  createJobRegistry,
  createJobsRuntime,
  InvalidInput,
  JobsClient,
  type JobsError,
  WorkerPool
} from "../../src/index.ts"
import { assertOrdered } from "../support/eventPath.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { storages } from "../support/storages.ts"
import { Job, openPool, pass, pooling, settled } from "./openPool.ts"

const event = { n: 1 }

describe.each(storages)("calls on a pool from inside jobs on $name", ({ open }) => {
  it.effect("an item enqueues others of its own pool, cancels them and reads", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const pool = WorkerPool.make({
        eventSchema: Job,
        concurrency: 1,
        execute: ({ n }, ctx) =>
          Effect.gen(function*() {
            seen.push(n)
            if (n > 2) return
            const own = (yield* JobsClient).workerPool("pool")
            const { itemId } = yield* own.enqueue({ event: { n: 9 } })
            seen.push(yield* own.cancel({ itemId }))
            seen.push(yield* own.cancel({ itemId: ctx.itemId }))
            seen.push((yield* own.status()).running)
            yield* own.enqueue({ event: { n: n + 1 } })
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ pool }), yield* open)
      yield* runtime.client.workerPool("pool").enqueue({ event })
      yield* settled
      const round = [{ cancelled: true }, { cancelled: false }, 1]
      assert.deepStrictEqual(seen, [1, ...round, 2, ...round, 3])
      const events = yield* runtime.events
      assertOrdered(events)
      // What an item does to others comes after its begin.
      assert.deepStrictEqual(events.slice(2, 6).map(({ type }) => type), [
        "pool.item.enqueued",
        "execution.started",
        "pool.item.enqueued",
        "pool.item.cancelled"
      ])
    }))

  it.effect("an item that would wait for itself is told so; one that terminates its pool is interrupted", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      let wentOn = false
      const pool = WorkerPool.make({
        eventSchema: Job,
        concurrency: 2,
        shards: 2,
        execute: () =>
          Effect.gen(function*() {
            const own = (yield* JobsClient).workerPool("pool")
            const error: JobsError = yield* Effect.flip(own.drain())
            told.push(`${error._tag}: ${error.message}`)
            yield* own.terminate({ reason: "by itself" })
            wentOn = true
          })
      })
      const runtime = yield* openRuntime(createJobRegistry({ pool }), yield* open)
      yield* runtime.client.workerPool("pool").enqueue({ event, itemId: "a" })
      yield* settled
      assert.lengthOf(told, 1)
      assert.match(
        told[0] ?? "",
        /^InvalidInput: workerPool:pool:[01]: id: its own handler makes this call and would wait for itself to end$/
      )
      assert.isFalse(wentOn)
      assert.deepInclude((yield* runtime.events).at(-1), { type: "job.terminated", reason: "by itself" })
    }))

  it.effect("a drain that would close a circle through another job is refused", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const other = Continuous.make({
        stateSchema: Schema.Null,
        schedule: Continuous.every("1 hour"),
        execute: () =>
          Effect.gen(function*() {
            const error = yield* Effect.flip((yield* JobsClient).workerPool("pool").drain())
            told.push(error._tag)
          })
      })
      const pool = WorkerPool.make({
        eventSchema: Job,
        concurrency: 1,
        execute: () =>
          Effect.flatMap(JobsClient, (client) => client.continuous("other").start({ id: "o", input: null }))
      })
      const runtime = yield* openRuntime(createJobRegistry({ pool, other }), yield* open)
      yield* runtime.client.workerPool("pool").enqueue({ event })
      yield* settled
      assert.deepStrictEqual(told, ["InvalidInput"])
      assert.deepStrictEqual(yield* runtime.client.workerPool("pool").drain(), { processed: 1 })
      const events = yield* runtime.events
      const started = events.find(({ jobName, type }) => jobName === "other" && type === "job.created")
      assert.strictEqual(started?.parentIncarnationId, events[0]?.incarnationId)
    }))

  it.effect("a pool that a job opens carries that job's incarnation", () =>
    Effect.gen(function*() {
      const parent = Continuous.make({
        stateSchema: Schema.Null,
        schedule: Continuous.every("1 hour"),
        execute: () => Effect.flatMap(JobsClient, (client) => client.workerPool("pool").enqueue({ event }))
      })
      const runtime = yield* openRuntime(createJobRegistry({ pool: pooling(), parent }), yield* open)
      yield* runtime.client.continuous("parent").start({ id: "p", input: null })
      yield* settled
      const events = yield* runtime.events
      const created = events.filter(({ type }) => type === "job.created")
      const of = (name: string) => created.find(({ jobName }) => jobName === name)
      assert.strictEqual(of("pool")?.parentIncarnationId, of("parent")?.incarnationId)
    }))
})

describe.each(storages)("repeats of calls on a pool on $name", ({ open }) => {
  it.effect("an enqueue with a key is done once, whatever the shards", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, { concurrency: 8, shards: 8 })
      const calls = yield* Effect.forEach(
        Array.from({ length: 10 }),
        () => pool.enqueue({ event, dedupeKey: "k" }),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(new Set(calls.map(({ itemId }) => itemId)), 1)
      assert.isTrue(calls.every(({ created }) => created))
      yield* settled
      assert.deepStrictEqual(yield* pool.enqueue({ event, dedupeKey: "k" }), calls[0])
      const conflict = yield* Effect.flip(pool.enqueue({ event: { n: 2 }, dedupeKey: "k" }))
      assert.deepInclude(conflict, { _tag: "DedupeConflict", action: "enqueue", dedupeKey: "k" })
      assert.deepStrictEqual(yield* pool.drain(), { processed: 1 })
    }))

  it.effect("a repeated drain and a repeated terminate leave the next incarnation alone", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, { execute: () => Effect.sleep("1 second") })
      yield* pool.enqueue({ event })
      const drains = yield* Effect.forkChild(
        Effect.all([pool.drain({ dedupeKey: "d" }), pool.drain({ dedupeKey: "d" })], { concurrency: 2 })
      )
      yield* pass("1 second", 10)
      assert.deepStrictEqual(yield* Fiber.join(drains), [{ processed: 1 }, { processed: 1 }])
      yield* pool.enqueue({ event })
      assert.deepStrictEqual(yield* pool.drain({ dedupeKey: "d" }), { processed: 1 })
      assert.deepInclude(yield* pool.status(), { pending: 1 })
      yield* pass("1 second", 10)
      assert.deepStrictEqual(yield* pool.terminate({ dedupeKey: "t" }), { terminated: true })
      yield* pool.enqueue({ event })
      yield* pass("20 millis")
      assert.deepStrictEqual(yield* pool.terminate({ dedupeKey: "t" }), { terminated: true })
      assert.deepInclude(yield* pool.status(), { running: 1 })
      yield* pass("1 second", 10)
    }))

  it.effect("the answers to the other calls are kept as well", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, { execute: () => Effect.fail("no") })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      for (let time = 0; time < 2; time++) {
        assert.deepStrictEqual(yield* pool.retryItem({ itemId: "a", dedupeKey: "r" }), { retried: true })
        yield* settled
        assert.deepStrictEqual(yield* pool.pause({ dedupeKey: "p" }), { paused: true })
        assert.deepStrictEqual(yield* pool.cancel({ itemId: "a", dedupeKey: "c" }), { cancelled: false })
      }
      yield* pool.resume({ dedupeKey: "s" })
      yield* pool.pause()
      yield* pool.resume({ dedupeKey: "s" })
      assert.deepInclude(yield* pool.status(), { paused: true, deadLetters: 1 })
    }))
})

const long = "x".repeat(201)

describe.each(storages)("what a pool refuses on $name", ({ open }) => {
  it.live.each<{ readonly field: string; readonly request: object }>([
    { field: "event.n", request: { event: { n: 0.5 } } },
    { field: "event", request: {} },
    { field: "itemId", request: { event, itemId: "" } },
    { field: "itemId", request: { event, itemId: long } },
    { field: "itemId", request: { event, itemId: "ä".repeat(101) } },
    { field: "itemId", request: { event, itemId: "a\0b" } },
    { field: "itemId", request: { event, itemId: "\ud800" } },
    { field: "itemId", request: { event, itemId: 5 } },
    { field: "partitionKey", request: { event, partitionKey: "" } },
    { field: "partitionKey", request: { event, partitionKey: long } },
    { field: "partitionKey", request: { event, partitionKey: "\ud800" } },
    { field: "partitionKey", request: { event, partitionKey: {} } },
    { field: "priority", request: { event, priority: 0.5 } },
    { field: "priority", request: { event, priority: Infinity } },
    { field: "priority", request: { event, priority: 2 ** 60 } },
    { field: "dedupeKey", request: { event, dedupeKey: "" } },
    { field: "action", request: { action: "start" } },
    { field: "name", request: { event, name: 1 } },
    { field: "itemId", request: { action: "cancel" } },
    { field: "itemId", request: { action: "retryItem", itemId: "" } },
    { field: "itemId", request: { action: "discardItem", itemId: long } },
    { field: "reason", request: { action: "terminate", reason: 5 } },
    { field: "limit", request: { action: "deadLetters", limit: 0 } },
    { field: "limit", request: { action: "deadLetters", limit: 1001 } },
    { field: "limit", request: { action: "deadLetters", limit: 1.5 } },
    { field: "cursor", request: { action: "deadLetters", cursor: "" } },
    { field: "cursor", request: { action: "deadLetters", cursor: "x" } },
    { field: "cursor", request: { action: "deadLetters", cursor: 1 } }
  ])("$field of $request", ({ field, request }) =>
    Effect.gen(function*() {
      const host = yield* open
      const runtime = yield* Effect.acquireRelease(
        Effect.sync(() => createJobsRuntime(createJobRegistry({ pool: pooling() }), { host })),
        (runtime) => Effect.promise(() => runtime.dispose())
      )
      const whole = { type: "workerPool", action: "enqueue", name: "pool", ...request }
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => Reflect.apply(runtime.handle, runtime, [whole]), catch: (error) => error })
      )
      assert.instanceOf(error, InvalidInput)
      assert.strictEqual(error.field, field)
      const status = yield* Effect.promise(() => runtime.client.workerPool("pool").status())
      assert.deepStrictEqual(status, { pending: 0, running: 0, deadLetters: 0, paused: false })
    }))

  it.effect("takes ids and keys of 200 bytes, of any characters", () =>
    Effect.gen(function*() {
      const { events, pool } = yield* openPool(yield* open)
      for (const text of ["x".repeat(200), "🚀".repeat(50), "a:b/c d%\n\"'"]) {
        assert.deepInclude(yield* pool.enqueue({ event, itemId: text, partitionKey: text }), { created: true })
      }
      yield* settled
      assert.deepInclude(yield* pool.status(), { pending: 0 })
      assert.lengthOf((yield* events).filter(({ type }) => type === "execution.succeeded"), 3)
    }))

  it.effect("a name that is not there, or of another kind", () =>
    Effect.gen(function*() {
      const other = Continuous.make({
        stateSchema: Schema.Null,
        schedule: Continuous.every("1 hour"),
        execute: () => Effect.void
      })
      const runtime = yield* openRuntime(createJobRegistry({ pool: pooling(), other }), yield* open)
      for (const name of ["nobody", "other"]) {
        const error = yield* Effect.flip(runtime.dispatcher.handle({ type: "workerPool", action: "status", name }))
        assert.deepInclude(error, { _tag: "JobNotFound", jobType: "workerPool", jobName: name, known: ["pool"] })
      }
    }))
})

describe("a pool's definition", () => {
  it.each([
    [{ concurrency: 0 }, /^concurrency must be a whole number from 1 on, not 0$/],
    [{ concurrency: 1.5 }, /^concurrency must be/],
    [{ concurrency: Number.NaN }, /^concurrency must be/],
    [{ concurrency: 2, shards: 0 }, /^shards must be/],
    [{ concurrency: 2, shards: 3 }, /^concurrency must be at least as great as shards, which is 3, not 2$/],
    [{ retry: { maxAttempts: 0, delay: 0 } }, /^retry.maxAttempts/]
  ])("%o is refused by the option's name", (given, message) => {
    assert.throws(() => pooling(given), RangeError, message)
  })
})
