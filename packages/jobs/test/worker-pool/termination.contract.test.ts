import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { type Commit, HostUnavailable, JobsHost, type JobsHostService } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { openPool, settled, watching } from "./openPool.ts"

const event = { n: 1 }

/** A host that has the pool's termination begin and not go on, as when the process dies right then. */
const dyingAfterItsBegin = (inner: JobsHostService) =>
  Layer.succeed(JobsHost, {
    ...inner,
    commit: (commit: Commit) =>
      Effect.flatMap(
        inner.load(commit.instanceId),
        (stored) =>
          stored?.record.includes("\"terminating\":{") === true
            ? Effect.fail(new HostUnavailable({ host: "test", problem: "It is gone." }))
            : inner.commit(commit)
      )
  })

describe.each(storages)("what comes while a pool is terminated on $name", ({ open }) => {
  it.effect("an item that is enqueued while another one is waited for runs in the incarnation after", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching((_event, { itemId }) =>
        itemId === "slow" ? Effect.uninterruptible(Deferred.await(gate)) : Effect.void
      )
      let emptied = 0
      const onEmpty = () =>
        Effect.sync(() => {
          emptied += 1
        })
      const { events, path, pool } = yield* openPool(yield* open, { execute, onEmpty })
      yield* pool.enqueue({ event, itemId: "slow" })
      yield* pool.enqueue({ event, itemId: "waits" })
      yield* settled
      const terminate = yield* Effect.forkChild(pool.terminate())
      yield* settled
      const calls = yield* Effect.forEach(
        ["next", "waits"],
        (itemId) => Effect.forkChild(pool.enqueue({ event, itemId, dedupeKey: itemId }))
      )
      const retry = yield* Effect.forkChild(pool.retryItem({ itemId: "slow" }))
      yield* settled
      assert.isTrue(calls.every((call) => call.pollUnsafe() === undefined))
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(yield* Fiber.join(terminate), { terminated: true })
      assert.deepStrictEqual(yield* Effect.forEach(calls, Fiber.join), [
        { itemId: "next", position: 1, created: true },
        { itemId: "waits", position: 2, created: true }
      ])
      assert.deepStrictEqual(yield* Fiber.join(retry), { retried: false })
      yield* settled
      assert.deepStrictEqual(seen, ["slow", "next", "waits"])
      assert.strictEqual(emptied, 1)
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 0 })
      // Told as two lives, and a repeat is answered as the call was.
      const told = yield* path
      assert.deepStrictEqual(told.slice(told.indexOf("job.terminated(client)") + 1, -4), [
        "job.created",
        "job.started",
        "pool.item.enqueued(next 1)",
        "pool.item.enqueued(waits 2)"
      ])
      assert.lengthOf(new Set((yield* events).map(({ incarnationId }) => incarnationId)), 2)
      assert.deepStrictEqual(yield* pool.enqueue({ event, itemId: "next", dedupeKey: "next" }), {
        itemId: "next",
        position: 1,
        created: true
      })
    }))

  it.effect("the first item after a crash in its midst runs", () =>
    Effect.gen(function*() {
      const inner = Context.get(yield* Effect.flatMap(open, (layer) => Layer.build(layer)), JobsHost)
      const { execute, seen } = watching()
      const before = yield* openPool(dyingAfterItsBegin(inner), { execute })
      yield* before.pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* before.pool.pause()
      yield* before.pool.enqueue({ event, itemId: "removed" })
      yield* Effect.forkChild(Effect.exit(before.pool.terminate({ reason: "stop" })))
      yield* settled
      yield* before.close
      assert.include((yield* inner.load("workerPool:pool:0"))?.record, "\"terminating\":{\"reason\":\"stop\"}")

      const after = yield* openPool(Layer.succeed(JobsHost, inner), { execute })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId: "removed" }), { created: true })
      yield* settled
      assert.deepStrictEqual(seen, ["first", "removed"])
      assert.deepStrictEqual(yield* after.pool.drain(), { processed: 1 })
    }))
})
