import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { shardOf } from "../../src/handlers/worker-pool/decide.ts"
import { storages } from "../support/storages.ts"
import { openPool, pass, settled, watching } from "./openPool.ts"

const event = { n: 1 }
const concurrency = 4
/** In another shard of four than of one. */
const itemId = ["a", "b", "c", "d"].find((id) => shardOf(id, 4) !== 0) ?? ""

describe.each(storages)("a pool whose number of shards has changed, on $name", ({ open }) => {
  it.effect("an item that waits is there once, and a partition runs one at a time", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { concurrency, execute: () => Effect.never }, { gracePeriod: 0 })
      yield* before.pool.enqueue({ event, itemId: "runs", partitionKey: itemId })
      yield* settled
      yield* before.pool.pause()
      yield* before.pool.enqueue({ event, itemId })
      yield* before.close

      const { at, execute, seen } = watching(() => Effect.sleep("1 second"))
      const after = yield* openPool(host, { concurrency, shards: 4, execute })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId }), { created: false })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId: "behind", partitionKey: itemId }), {
        created: true
      })
      yield* after.pool.resume()
      yield* settled
      assert.deepStrictEqual(seen.toSorted(), [itemId, "runs"].toSorted())
      assert.strictEqual(at.running, 2)
      yield* pass("3 seconds", 30)
      assert.deepStrictEqual(seen.slice(2), ["behind"])
      assert.lengthOf(new Set((yield* after.events).map(({ instanceId }) => instanceId)), 1)
    }))

  it.effect("a dead letter is there once, also when the pool was drained", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { concurrency, execute: () => Effect.fail("no") })
      yield* before.pool.enqueue({ event, itemId })
      yield* settled
      assert.deepStrictEqual(yield* before.pool.drain(), { processed: 1 })
      yield* before.close

      const after = yield* openPool(host, { concurrency, shards: 4 })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId }), { created: false })
      assert.deepInclude(yield* after.pool.status(), { deadLetters: 1 })
      assert.deepStrictEqual(yield* after.pool.retryItem({ itemId }), { retried: true })
      yield* settled
      assert.deepInclude(yield* after.pool.status(), { deadLetters: 0, pending: 0 })
    }))

  it.effect("the first start that finds it empty works with the new number", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { concurrency })
      yield* before.pool.enqueue({ event, itemId })
      yield* settled
      yield* before.pool.drain()
      yield* before.close

      const after = yield* openPool(host, { concurrency, shards: 4 })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId }), { created: true })
      yield* settled
      assert.deepStrictEqual(
        (yield* after.events).at(0)?.instanceId,
        `workerPool:pool:${shardOf(itemId, 4)}`
      )
    }))

  it.effect("a smaller number waits too, as long as a shard that is left tells of the greater", () =>
    Effect.gen(function*() {
      const host = yield* open
      const before = yield* openPool(host, { concurrency, shards: 4 })
      for (const id of ["a", "b", "c", "d", "e", "f", "g", "h"]) yield* before.pool.enqueue({ event, itemId: id })
      yield* settled
      yield* before.pool.pause()
      for (const id of ["a", "b", "c", "d", "e", "f", "g", "h"]) yield* before.pool.enqueue({ event, itemId: id })
      yield* before.close

      const { execute, seen } = watching()
      const after = yield* openPool(host, { concurrency: 1, execute })
      assert.deepInclude(yield* after.pool.status(), { pending: 8, paused: true })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId }), { created: false })
      yield* after.pool.resume()
      yield* settled
      assert.deepStrictEqual(seen.toSorted(), ["a", "b", "c", "d", "e", "f", "g", "h"])
    }))
})
