import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import { type Commit, HostUnavailable, JobsHost } from "../../src/index.ts"
import { recordLog } from "../support/recorders.ts"
import { storages } from "../support/storages.ts"
import { openPool, pass, settled, watching } from "./openPool.ts"

const event = { n: 1 }

/** So many items that a drain forgets their ids in two pages, and their rows are removed in two commits. */
const moreThanAPage = Array.from({ length: 1001 }, (_, n) => `i${n}`)

describe.each(storages)("an end of a pool that fails in between on $name", ({ open }) => {
  const openTroubled = Effect.map(Effect.flatMap(open, (layer) => Layer.build(layer)), (context) => {
    const inner = Context.get(context, JobsHost)
    const disk = { refuses: (_commit: Commit): boolean => false }
    const commit = (commit: Commit) =>
      disk.refuses(commit)
        ? Effect.fail(new HostUnavailable({ host: "test", problem: "The disk is full." }))
        : inner.commit(commit)
    return { disk, inner, host: Layer.succeed(JobsHost, { ...inner, commit }) }
  })

  it.effect("leaves an item's stored outcome as it is: its dead letter is told, and it does not run again", () => {
    const log = recordLog()
    return Effect.gen(function*() {
      const { disk, host, inner } = yield* openTroubled
      const mayEnd = yield* Deferred.make<void>()
      const dead: Array<number> = []
      const { execute, seen } = watching((_event, { itemId }) =>
        itemId === "last" ? Effect.andThen(Deferred.await(mayEnd), Effect.fail("no")) : Effect.void
      )
      const { path, pool } = yield* openPool(host, {
        execute,
        onDeadLetter: ({ n }) => Effect.sync(() => dead.push(n)),
        concurrency: 50
      })
      const enqueueing = { concurrency: 100, discard: true } as const
      yield* Effect.forEach(moreThanAPage, (itemId) => pool.enqueue({ event, itemId }), enqueueing)
      yield* settled
      yield* pool.enqueue({ event: { n: 7 }, itemId: "last" })
      const drain = yield* Effect.forkChild(pool.drain())
      yield* settled
      disk.refuses = ({ record }) => record === null
      yield* Deferred.succeed(mayEnd, undefined)
      yield* settled
      assert.lengthOf(yield* inner.loadEntries("workerPool:pool:0", { prefix: "dead:", limit: 9 }), 1)
      assert.deepStrictEqual(dead, [7])
      assert.isUndefined(drain.pollUnsafe())
      disk.refuses = () => false
      yield* pass("2 seconds", 20)
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 1002 })
      assert.deepStrictEqual(seen.filter((item) => item.startsWith("last")), ["last"])
      assert.deepStrictEqual((yield* path).slice(-2), ["pool.drained(1002)", "job.completed(drained)"])
      assert.deepStrictEqual(log.lines.filter(({ message }) => message.includes("runs again")), [])
    }).pipe(Effect.provide(log.layer))
  })

  it.effect("rejects no call that is stored with the begin of a termination", () =>
    Effect.gen(function*() {
      const { disk, host } = yield* openTroubled
      const { path, pool } = yield* openPool(host)
      yield* pool.enqueue({ event })
      yield* settled
      yield* pool.pause()
      disk.refuses = ({ entries }) => [...entries.values()].includes(null)
      const enqueue = yield* Effect.forkChild(pool.enqueue({ event, itemId: "a" }))
      const terminate = yield* Effect.forkChild(pool.terminate({ reason: "stop" }))
      yield* settled
      assert.deepStrictEqual(yield* Fiber.join(enqueue), { itemId: "a", position: 1, created: true })
      assert.isUndefined(terminate.pollUnsafe())
      disk.refuses = () => false
      yield* pass("2 seconds", 20)
      assert.deepStrictEqual(yield* Fiber.join(terminate), { terminated: true, reason: "stop" })
      assert.strictEqual((yield* path).at(-1), "job.terminated(client)")
    }))

  it.effect("rejects a termination whose begin cannot be stored, with the calls of the same commit", () =>
    Effect.gen(function*() {
      const { disk, host } = yield* openTroubled
      const { path, pool } = yield* openPool(host)
      yield* pool.enqueue({ event })
      yield* settled
      yield* pool.pause()
      disk.refuses = () => true
      const enqueue = yield* Effect.forkChild(Effect.flip(pool.enqueue({ event, itemId: "a" })))
      const terminate = yield* Effect.forkChild(Effect.flip(pool.terminate()))
      assert.strictEqual((yield* Fiber.join(enqueue))._tag, "HostUnavailable")
      assert.strictEqual((yield* Fiber.join(terminate))._tag, "HostUnavailable")
      disk.refuses = () => false
      yield* pass("2 seconds", 20)
      assert.deepStrictEqual(yield* pool.status(), { pending: 0, running: 0, deadLetters: 0, paused: true })
      assert.strictEqual((yield* path).at(-1), "pool.paused")
    }))
})
