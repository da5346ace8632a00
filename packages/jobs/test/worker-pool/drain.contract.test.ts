import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { shardOf } from "../../src/handlers/worker-pool/decide.ts"
import { HostUnavailable, JobsHost } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { openPool, settled, watching } from "./openPool.ts"

const event = { n: 1 }
const idOn = (shard: number, of: number) =>
  ["a", "b", "c", "d", "e", "f"].find((itemId) => shardOf(itemId, of) === shard) ?? ""

describe.each(storages)("draining a pool on $name", ({ open }) => {
  it.effect("it waits for a shard that was about to come into being", () =>
    Effect.gen(function*() {
      const inner = Context.get(yield* Effect.flatMap(open, (layer) => Layer.build(layer)), JobsHost)
      const disk = yield* Deferred.make<void>()
      const host = Layer.succeed(JobsHost, {
        ...inner,
        commit: (commit) =>
          commit.instanceId === "workerPool:pool:1"
            ? Effect.andThen(Deferred.await(disk), inner.commit(commit))
            : inner.commit(commit)
      })
      const gates = { first: yield* Deferred.make<void>(), second: yield* Deferred.make<void>() }
      const ids = { first: idOn(0, 2), second: idOn(1, 2) }
      const { execute, seen } = watching((_event, { itemId }) =>
        Deferred.await(itemId === ids.first ? gates.first : gates.second)
      )
      const { pool } = yield* openPool(host, { concurrency: 2, shards: 2, execute })
      yield* pool.enqueue({ event, itemId: ids.first })
      yield* settled
      const enqueue = yield* Effect.forkChild(pool.enqueue({ event, itemId: ids.second }))
      yield* settled
      const drain = yield* Effect.forkChild(pool.drain())
      yield* settled
      assert.isUndefined(enqueue.pollUnsafe())
      yield* Deferred.succeed(disk, undefined)
      assert.deepInclude(yield* Fiber.join(enqueue), { created: true })
      yield* settled
      assert.strictEqual((yield* Effect.flip(pool.enqueue({ event, itemId: `${ids.second}!` })))._tag, "InvalidInput")
      yield* Deferred.succeed(gates.first, undefined)
      yield* settled
      assert.deepStrictEqual(seen, [ids.first, ids.second])
      assert.isUndefined(drain.pollUnsafe())
      const late = yield* Effect.flip(pool.enqueue({ event, itemId: ids.first }))
      assert.strictEqual(late._tag, "InvalidInput")
      yield* Deferred.succeed(gates.second, undefined)
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 2 })
    }))

  it.effect("forgets ids in pages, and goes on with that after a crash in between", () =>
    Effect.gen(function*() {
      const inner = Context.get(yield* Effect.flatMap(open, (layer) => Layer.build(layer)), JobsHost)
      const disk = { refuses: false }
      const host = Layer.succeed(JobsHost, {
        ...inner,
        commit: (commit) =>
          disk.refuses && commit.record === null
            ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
            : inner.commit(commit)
      })
      const before = yield* openPool(host, { concurrency: 50 })
      yield* Effect.forEach(
        Array.from({ length: 1001 }, (_, n) => `i${n}`),
        (itemId) => before.pool.enqueue({ event, itemId }),
        { concurrency: 100, discard: true }
      )
      yield* settled
      yield* before.pool.pause()
      const ids = inner.loadEntries("workerPool:pool:0", { prefix: "item:", limit: 2000 })
      assert.lengthOf(yield* ids, 1001)
      disk.refuses = true
      yield* Effect.forkChild(Effect.exit(before.pool.drain()))
      yield* settled
      yield* before.close
      assert.lengthOf(yield* ids, 1)

      const after = yield* openPool(Layer.succeed(JobsHost, inner))
      yield* settled
      assert.deepStrictEqual((yield* after.path).slice(-2), ["pool.drained(1001)", "job.completed(drained)"])
      assert.lengthOf(yield* ids, 0)
      assert.isUndefined(yield* inner.load("workerPool:pool:0"))
    }))
})
