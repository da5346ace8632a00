import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { HostUnavailable, JobsHost } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { until } from "../support/until.ts"
import { openPool, pass, settled, watching } from "./openPool.ts"

const event = { n: 1 }
const dedupeKey = "k"
const gracePeriod = 10

describe.each(storages)("calls that wait for the end of a pool on $name", ({ open }) => {
  /** A pool of three items of which one hangs, and a drain that a shutdown has cut off. */
  const openDraining = Effect.gen(function*() {
    const host = yield* open
    const before = yield* openPool(host, { execute: () => Effect.never }, { gracePeriod })
    for (const itemId of ["a", "b", "c"]) yield* before.pool.enqueue({ event, itemId })
    const drain = yield* Effect.forkChild(Effect.exit(before.pool.drain({ dedupeKey })), { startImmediately: true })
    const isDraining = Effect.map(Effect.exit(before.pool.enqueue({ event, itemId: "a new one" })), Exit.isFailure)
    yield* until(isDraining)
    const close = yield* Effect.forkChild(before.close, { startImmediately: true })
    yield* TestClock.adjust(gracePeriod)
    yield* Fiber.join(close)
    assert.isTrue(Exit.isFailure(yield* Fiber.join(drain)))
    return host
  })

  it.effect("a drain that was cut off is answered as it ended, when that was before its repeat", () =>
    Effect.gen(function*() {
      const host = yield* openDraining
      const { execute, seen } = watching()
      const after = yield* openPool(host, { execute })
      yield* pass("1 second")
      assert.sameMembers(seen, ["a", "b", "c", ...seen.slice(3)])
      assert.deepInclude(yield* after.pool.status(), { pending: 0, running: 0 })
      const { processed } = yield* after.pool.drain({ dedupeKey })
      assert.strictEqual(processed, seen.length)
      // The next incarnation has nothing to do with it.
      yield* after.pool.enqueue({ event, itemId: "later" })
      assert.deepStrictEqual(yield* after.pool.drain({ dedupeKey }), { processed })
      assert.deepInclude(yield* after.pool.enqueue({ event, itemId: "still taken" }), { created: true })
    }))

  it.effect("a drain that was cut off has its repeat wait for the end", () =>
    Effect.gen(function*() {
      const host = yield* openDraining
      const { execute, seen } = watching(() => Effect.sleep("1 minute"))
      const after = yield* openPool(host, { execute })
      const again = yield* Effect.forkChild(after.pool.drain({ dedupeKey }), { startImmediately: true })
      yield* pass("30 seconds")
      assert.isUndefined(again.pollUnsafe())
      yield* until(Effect.map(TestClock.adjust("1 minute"), () => again.pollUnsafe() !== undefined))
      const answer = yield* Fiber.join(again)
      assert.deepStrictEqual(answer, { processed: seen.length })
      assert.deepStrictEqual(yield* after.pool.drain({ dedupeKey }), answer)
      assert.lengthOf((yield* after.events).filter(({ type }) => type === "pool.drained"), 1)
    }))

  it.effect("a termination that was cut off is answered as done, once it is", () =>
    Effect.gen(function*() {
      const inner = Context.get(yield* Layer.build(yield* open), JobsHost)
      const disk = { isFull: false }
      const host = Layer.succeed(JobsHost, {
        ...inner,
        commit: (commit) =>
          Effect.suspend(() =>
            disk.isFull && commit.record === null
              ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
              : inner.commit(commit)
          )
      })
      const before = yield* openPool(host)
      yield* before.pool.enqueue({ event })
      yield* before.pool.pause()
      yield* before.pool.enqueue({ event })
      disk.isFull = true
      const terminate = { dedupeKey, reason: "enough" }
      const cutOff = yield* Effect.forkChild(Effect.flip(before.pool.terminate(terminate)))
      yield* settled
      yield* before.close
      assert.strictEqual((yield* Fiber.join(cutOff))._tag, "HostUnavailable")
      disk.isFull = false
      const after = yield* openPool(host)
      yield* pass("5 seconds")
      assert.isUndefined(yield* inner.load("workerPool:pool:0"))
      const done = { terminated: true, reason: "enough" }
      assert.deepStrictEqual(yield* after.pool.terminate(terminate), done)
      yield* after.pool.enqueue({ event })
      assert.deepStrictEqual(yield* after.pool.terminate(terminate), done)
      assert.deepStrictEqual(yield* after.pool.terminate({}), { terminated: true })
    }))
})
