import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect } from "effect"
import { storages } from "../support/storages.ts"
import { openPool, pass, settled, watching } from "./openPool.ts"

const event = { n: 1 }

describe.each(storages)("what a pool runs when, on $name", ({ open }) => {
  it.effect("no more than `concurrency` items run at a time, and as many as that do", () =>
    Effect.gen(function*() {
      const { at, execute, seen } = watching(() => Effect.sleep("1 second"))
      const { pool } = yield* openPool(yield* open, { concurrency: 3, execute })
      for (let n = 0; n < 10; n++) yield* pool.enqueue({ event })
      yield* settled
      assert.strictEqual(at.running, 3)
      yield* pass("4 seconds", 80)
      assert.strictEqual(at.most, 3)
      assert.lengthOf(seen, 10)
      assert.deepStrictEqual(yield* pool.status(), { pending: 0, running: 0, deadLetters: 0, paused: false })
    }))

  it.effect("first come, first served", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching(() => Effect.sleep("1 second"))
      const { pool } = yield* openPool(yield* open, { execute })
      const ids = Array.from({ length: 12 }, (_, n) => `item ${n}`)
      for (const itemId of ids) yield* pool.enqueue({ event, itemId })
      yield* pass("13 seconds", 130)
      assert.deepStrictEqual(seen, ids)
    }))

  it.effect("the lower the priority the sooner, equal ones as they came", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching()
      const { pool } = yield* openPool(yield* open, { execute })
      yield* pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* pool.pause()
      const priorities = [5, 0, -1, undefined, Number.MAX_SAFE_INTEGER, -1, Number.MIN_SAFE_INTEGER, 5]
      for (const [index, priority] of priorities.entries()) {
        yield* pool.enqueue({ event, itemId: `${index}`, ...(priority === undefined ? {} : { priority }) })
      }
      yield* pool.resume()
      yield* settled
      assert.deepStrictEqual(seen, ["first", "6", "2", "5", "1", "3", "0", "7", "4"])
    }))

  it.effect("a partition's items run one at a time, in order, whatever their priority; others go on", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching((_event, { itemId }) => itemId === "a1" ? Deferred.await(gate) : Effect.void)
      const { pool } = yield* openPool(yield* open, { concurrency: 4, execute })
      yield* pool.enqueue({ event, itemId: "a1", partitionKey: "a" })
      yield* pool.enqueue({ event, itemId: "a2", partitionKey: "a" })
      yield* pool.enqueue({ event, itemId: "a3", partitionKey: "a", priority: -9 })
      yield* pool.enqueue({ event, itemId: "b1", partitionKey: "b" })
      yield* pool.enqueue({ event, itemId: "free" })
      yield* pool.enqueue({ event, itemId: "b2", partitionKey: "b" })
      yield* settled
      assert.deepStrictEqual(seen, ["a1", "b1", "free", "b2"])
      yield* Deferred.succeed(gate, undefined)
      yield* settled
      assert.deepStrictEqual(seen.slice(4), ["a2", "a3"])
    }))

  it.effect("no partition takes another's items for its own, whatever the keys are", () =>
    Effect.gen(function*() {
      const { at, execute, seen } = watching(() => Effect.sleep("1 second"))
      const { pool } = yield* openPool(yield* open, { concurrency: 9, execute })
      const partitions = ["a", "a:", "a:b", "%3A", ":", "ä 🚀", "a:0000000000000001"]
      for (const partitionKey of partitions) {
        for (const nth of [1, 2]) yield* pool.enqueue({ event, itemId: `${partitionKey} ${nth}`, partitionKey })
      }
      yield* settled
      assert.deepStrictEqual(seen, partitions.map((key) => `${key} 1`))
      yield* pass("2 seconds", 20)
      assert.deepStrictEqual(seen.slice(7).toSorted(), partitions.map((key) => `${key} 2`).toSorted())
      assert.strictEqual(at.most, 7)
    }))

  it.effect("a partition whose head waits for its retry waits with it; others go on", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching((_event, { isRetry, itemId }) =>
        itemId === "a1" && !isRetry ? Effect.fail("no") : Effect.void
      )
      const { pool } = yield* openPool(yield* open, { execute, retry: { maxAttempts: 2, delay: "1 minute" } })
      yield* pool.enqueue({ event, itemId: "a1", partitionKey: "a" })
      yield* pool.enqueue({ event, itemId: "a2", partitionKey: "a" })
      yield* pool.enqueue({ event, itemId: "b1", partitionKey: "b" })
      yield* settled
      assert.deepStrictEqual(seen, ["a1", "b1"])
      assert.deepInclude(yield* pool.status(), { pending: 2, running: 0 })
      yield* pass("1 minute")
      assert.deepStrictEqual(seen, ["a1", "b1", "a1 2", "a2"])
    }))

  it.effect("a partition goes on after a dead letter", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching((_event, { itemId }) => itemId === "a1" ? Effect.fail("no") : Effect.void)
      const { pool } = yield* openPool(yield* open, { execute })
      yield* pool.enqueue({ event, itemId: "a1", partitionKey: "a" })
      yield* pool.enqueue({ event, itemId: "a2", partitionKey: "a" })
      yield* settled
      assert.deepStrictEqual(seen, ["a1", "a2"])
    }))

  it.effect("a retry keeps its place by priority and does not hold up a live pool's other items", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching((_event, { isRetry, itemId }) => {
        if (itemId === "slow") return Deferred.await(gate)
        return itemId === "again" && !isRetry ? Effect.fail("no") : Effect.void
      })
      const { pool } = yield* openPool(yield* open, {
        concurrency: 2,
        execute,
        retry: { maxAttempts: 2, delay: "1 second" }
      })
      yield* pool.enqueue({ event, itemId: "slow" })
      yield* pool.enqueue({ event, itemId: "again" })
      yield* settled
      yield* pass("1 second")
      assert.deepStrictEqual(seen, ["slow", "again", "again 2"])
      yield* Deferred.succeed(gate, undefined)
      yield* settled
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 0 })
    }))

  it.effect("paused, nothing begins and what runs goes on", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching((_event, { itemId }) => itemId === "a" ? Deferred.await(gate) : Effect.void)
      const { pool } = yield* openPool(yield* open, { execute })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pool.enqueue({ event, itemId: "b" })
      yield* pass("20 millis")
      yield* pool.pause()
      assert.deepStrictEqual(yield* pool.status(), { pending: 1, running: 1, deadLetters: 0, paused: true })
      yield* Deferred.succeed(gate, undefined)
      yield* pass("1 hour")
      assert.deepStrictEqual(yield* pool.status(), { pending: 1, running: 0, deadLetters: 0, paused: true })
      assert.deepStrictEqual(seen, ["a"])
      yield* pool.resume()
      yield* settled
      assert.deepStrictEqual(seen, ["a", "b"])
    }))

  it.effect("a retry that falls due while the pool is paused runs once it goes on", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching((_event, { isRetry }) => isRetry ? Effect.void : Effect.fail("no"))
      const { events, pool } = yield* openPool(yield* open, { execute, retry: { maxAttempts: 2, delay: "1 second" } })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* pool.pause()
      yield* pass("1 minute")
      assert.deepStrictEqual(seen, ["a"])
      yield* pool.resume()
      yield* settled
      assert.deepStrictEqual(seen, ["a", "a 2"])
      assert.deepInclude((yield* events).find(({ type }) => type === "alarm.fired"), { lateByMs: 59_000 })
    }))

  it.effect("an attempt that takes too long has failed", () =>
    Effect.gen(function*() {
      const { events, pool } = yield* openPool(yield* open, {
        execute: () => Effect.never,
        retry: { maxAttempts: 1, delay: 0, timeout: "5 seconds" }
      })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pass("5 seconds")
      const failed = (yield* events).find((each) => each.type === "execution.failed")
      assert.strictEqual(failed?.error.name, "AttemptTimedOut")
      assert.deepInclude(yield* pool.status(), { deadLetters: 1, running: 0 })
    }))

  it.effect("each shard has its part of the concurrency, and a partition one shard", () =>
    Effect.gen(function*() {
      const { at, execute } = watching(() => Effect.sleep("1 second"))
      const { events, pool } = yield* openPool(yield* open, { concurrency: 5, shards: 3, execute })
      for (let n = 0; n < 60; n++) yield* pool.enqueue({ event, itemId: `i${n}` })
      for (let n = 0; n < 5; n++) yield* pool.enqueue({ event, partitionKey: "p" })
      yield* settled
      assert.strictEqual(at.running, 5)
      yield* pass("60 seconds", 600)
      assert.strictEqual(at.most, 5)
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 0 })
      const all = yield* events
      const enqueued = all.filter((each) => each.type === "pool.item.enqueued")
      assert.deepStrictEqual(
        [...new Set(enqueued.map(({ instanceId }) => instanceId))].toSorted(),
        ["workerPool:pool:0", "workerPool:pool:1", "workerPool:pool:2"]
      )
      const ofPartition = enqueued.filter((each) => each.partitionKey === "p")
      assert.lengthOf(new Set(ofPartition.map(({ instanceId }) => instanceId)), 1)
      assert.lengthOf(all.filter(({ type }) => type === "execution.succeeded"), 65)
    }))
})
