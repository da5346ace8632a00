import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { shardOf } from "../../src/handlers/worker-pool/decide.ts"
import { JobsHost } from "../../src/index.ts"
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
})
