import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Latch, Layer } from "effect"
import { JobsHost } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { openPool, pass, settled } from "./openPool.ts"

const event = { n: 1 }

describe.each(storages)("a pool on $name whose commits take their time", ({ open }) => {
  /** Commits wait while the latch is closed. */
  const openWithLatch = Effect.gen(function*() {
    const disk = yield* Latch.make(true)
    const slow = Layer.effect(
      JobsHost,
      Effect.map(JobsHost, (host) => ({ ...host, commit: (commit) => disk.whenOpen(host.commit(commit)) }))
    )
    return { disk, host: Layer.provide(slow, yield* open) }
  })

  it.effect("begins an item once that ends before its begin's turn to be stored has come", () =>
    Effect.gen(function*() {
      const { disk, host } = yield* openWithLatch
      const mayEnd = yield* Deferred.make<void>()
      const { path, pool } = yield* openPool(host, { execute: () => Deferred.await(mayEnd) })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* disk.close
      const enqueuing = yield* Effect.forkChild(pool.enqueue({ event, itemId: "b" }))
      yield* pass("20 millis")
      yield* Deferred.succeed(mayEnd, undefined)
      yield* settled
      yield* disk.open
      yield* Fiber.join(enqueuing)
      yield* settled
      assert.deepStrictEqual(yield* pool.status(), { pending: 0, running: 0, deadLetters: 0, paused: false })
      const told = (yield* path).filter((each) => each.startsWith("execution"))
      const ran = ["execution.started(item 1)", "execution.succeeded"]
      assert.deepStrictEqual(told, [...ran, ...ran])
      assert.deepStrictEqual(yield* pool.drain(), { processed: 2 })
    }))

  it.effect.each([{ code: "onDeadLetter", fails: true }, { code: "onEmpty", fails: false }])(
    "starts no $code of a commit that is stored only after a shutdown has stopped what runs",
    ({ fails }) =>
      Effect.gen(function*() {
        const { disk, host } = yield* openWithLatch
        let begun = 0
        const hangs = Effect.andThen(
          Effect.sync(() => {
            begun += 1
          }),
          Effect.never
        )
        const { close, pool } = yield* openPool(host, {
          execute: () => Effect.andThen(disk.close, fails ? Effect.fail("no") : Effect.void),
          onDeadLetter: () => hangs,
          onEmpty: () => hangs
        }, { gracePeriod: 50 })
        yield* pool.enqueue({ event })
        yield* settled
        const closing = yield* Effect.forkChild(close)
        yield* pass("50 millis")
        yield* disk.open
        yield* settled
        assert.isDefined(closing.pollUnsafe())
        assert.strictEqual(begun, 0)
      })
  )

  it.effect("begins no item that is read only after a shutdown has stopped what runs", () =>
    Effect.gen(function*() {
      const disk = yield* Latch.make(false)
      const slow = Layer.effect(
        JobsHost,
        Effect.map(JobsHost, (host) => ({
          ...host,
          loadEntries: (instanceId, range) => disk.whenOpen(host.loadEntries(instanceId, range))
        }))
      )
      let begun = 0
      const execute = () =>
        Effect.andThen(
          Effect.sync(() => {
            begun += 1
          }),
          Effect.sleep("1 hour")
        )
      const { close, pool } = yield* openPool(Layer.provide(slow, yield* open), { execute }, { gracePeriod: 50 })
      yield* pool.enqueue({ event })
      yield* settled
      const closing = yield* Effect.forkChild(close)
      yield* pass("50 millis")
      yield* disk.open
      yield* settled
      assert.strictEqual(begun, 0)
      assert.isDefined(closing.pollUnsafe())
    }))
})
