import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { JobsHost } from "../../src/index.ts"
import { storages } from "../support/storages.ts"
import { openPool, pass, settled, watching } from "./openPool.ts"

const event = { n: 1 }
const failing = { execute: () => Effect.fail(new RangeError("no")) }

describe.each(storages)("what can be done with a pool's items on $name", ({ open }) => {
  it.effect("positions count from the next item on, and an item is there once", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching(({ n }) => n === 0 ? Deferred.await(gate) : Effect.void)
      const { pool } = yield* openPool(yield* open, { execute })
      yield* pool.enqueue({ event: { n: 0 }, itemId: "runs" })
      yield* pass("20 millis")
      for (const [index, itemId] of ["a", "b", "c"].entries()) {
        assert.deepStrictEqual(yield* pool.enqueue({ event, itemId }), { itemId, position: index + 1, created: true })
      }
      assert.deepStrictEqual(yield* pool.enqueue({ event, itemId: "b" }), { itemId: "b", position: 2, created: false })
      yield* pool.cancel({ itemId: "a" })
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "b" }), { position: 1, created: false })
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "runs" }), { position: 0, created: false })
      yield* Deferred.succeed(gate, undefined)
      yield* settled
      assert.deepStrictEqual(seen, ["runs", "b", "c"])
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "b" }), { position: 1, created: true })
    }))

  it.effect.each(["👍🏿", "last\u{10FFFF}"])(
    "an item may have any text for an id: %s",
    (itemId) =>
      Effect.gen(function*() {
        const { execute, seen } = watching(() => Effect.fail("no"))
        const { pool } = yield* openPool(yield* open, { execute })
        yield* pool.enqueue({ event: { n: 0 }, itemId: "first" })
        yield* pool.pause()
        yield* settled
        yield* pool.enqueue({ event, itemId })
        assert.deepInclude(yield* pool.enqueue({ event, itemId }), { created: false })
        assert.deepStrictEqual(yield* pool.cancel({ itemId }), { cancelled: true })
        yield* pool.enqueue({ event, itemId })
        yield* pool.resume()
        yield* settled
        assert.deepStrictEqual(yield* pool.retryItem({ itemId }), { retried: true })
        yield* settled
        assert.deepStrictEqual(seen, ["first", itemId, itemId])
        assert.deepStrictEqual(yield* pool.discardItem({ itemId }), { discarded: true })
      })
  )

  it.effect("an item without an id has one of its own", () =>
    Effect.gen(function*() {
      const { events, pool } = yield* openPool(yield* open)
      const { itemId } = yield* pool.enqueue({ event })
      assert.match(itemId, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      assert.deepInclude((yield* events)[2], { itemId })
    }))

  it.effect("ten enqueues of one item at once make one item; a hundred of others make a hundred", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching()
      const { pool } = yield* openPool(yield* open, { concurrency: 7, execute })
      const same = yield* Effect.forEach(Array.from({ length: 10 }), () => pool.enqueue({ event, itemId: "same" }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(same.map(({ created }) => created), [true, ...Array.from({ length: 9 }, () => false)])
      const others = Array.from({ length: 100 }, (_, n) => `${n}`)
      yield* Effect.forEach(others, (itemId) => pool.enqueue({ event, itemId }), { concurrency: "unbounded" })
      yield* settled
      assert.deepStrictEqual(yield* pool.drain(), { processed: 101 })
      assert.deepStrictEqual(seen.toSorted(), ["same", ...others].toSorted())
    }))

  it.effect("what waits can be cancelled: ready, behind its partition, or before its retry; what runs cannot", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const { execute, seen } = watching(({ n }) => n === 0 ? Deferred.await(gate) : Effect.fail("no"))
      const { pool } = yield* openPool(yield* open, { execute, retry: { maxAttempts: 3, delay: "1 second" } })
      yield* pool.enqueue({ event, itemId: "retries", partitionKey: "r" })
      yield* settled
      yield* pool.enqueue({ event: { n: 0 }, itemId: "runs", partitionKey: "p" })
      yield* pool.enqueue({ event, itemId: "behind", partitionKey: "p" })
      yield* pool.enqueue({ event, itemId: "ready" })
      yield* settled
      const cancel = (itemId: string) => Effect.map(pool.cancel({ itemId }), ({ cancelled }) => cancelled)
      // Taken, but not stored as begun yet: it runs all the same.
      assert.isFalse(yield* cancel("runs"))
      yield* pass("20 millis")
      assert.isFalse(yield* cancel("runs"))
      assert.isFalse(yield* cancel("unknown"))
      for (const itemId of ["retries", "behind", "ready"]) {
        assert.isTrue(yield* cancel(itemId))
        assert.isFalse(yield* cancel(itemId))
      }
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 1 })
      yield* Deferred.succeed(gate, undefined)
      yield* pass("1 minute")
      assert.deepStrictEqual(seen, ["retries", "runs"])
    }))

  it.effect("cancelling the head of a partition lets the next one go", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching()
      const { pool } = yield* openPool(yield* open, { execute })
      yield* pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* pool.pause()
      for (const itemId of ["a1", "a2", "a3"]) yield* pool.enqueue({ event, itemId, partitionKey: "a" })
      yield* pool.cancel({ itemId: "a1" })
      yield* pool.cancel({ itemId: "a3" })
      yield* pool.resume()
      yield* settled
      assert.deepStrictEqual(seen, ["first", "a2"])
      yield* pool.enqueue({ event, itemId: "a4", partitionKey: "a" })
      yield* settled
      assert.deepStrictEqual(seen, ["first", "a2", "a4"])
    }))

  it.effect("a dead letter tells its event, its error and its attempts", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, { ...failing, retry: { maxAttempts: 2, delay: "1 second" } })
      yield* pool.enqueue({ event: { n: 7 }, itemId: "a", partitionKey: "p" })
      yield* pool.enqueue({ event: { n: 8 }, itemId: "b" })
      yield* pass("1 second")
      const { cursor, items } = yield* pool.deadLetters()
      assert.isNull(cursor)
      assert.lengthOf(items, 2)
      const [first, second] = items
      assert.deepInclude(first, { itemId: "a", event: { n: 7 }, attempts: 2, failedAt: 1000, partitionKey: "p" })
      assert.deepInclude(first?.error, { name: "RangeError", message: "no" })
      assert.isString(first?.error.stack)
      assert.deepStrictEqual(Object.keys(second ?? {}).toSorted(), ["attempts", "error", "event", "failedAt", "itemId"])
    }))

  it.effect("dead letters come in pages, over all shards", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, { ...failing, concurrency: 3, shards: 3 })
      const ids = Array.from({ length: 11 }, (_, n) => `i${n}`)
      for (const itemId of ids) yield* pool.enqueue({ event, itemId })
      yield* settled
      assert.deepInclude(yield* pool.status(), { deadLetters: 11 })
      const found: Array<string> = []
      const sizes: Array<number> = []
      let cursor: string | null | undefined
      while (cursor !== null) {
        const page: { readonly items: ReadonlyArray<{ readonly itemId: string }>; readonly cursor: string | null } =
          yield* pool.deadLetters({ limit: 4, ...(cursor === undefined ? {} : { cursor }) })
        found.push(...page.items.map(({ itemId }) => itemId))
        sizes.push(page.items.length)
        cursor = page.cursor
      }
      assert.deepStrictEqual(sizes, [4, 4, 3])
      assert.deepStrictEqual(found.toSorted(), ids.toSorted())
    }))

  it.effect("a dead letter keeps its id: it is tried again by retryItem, or discarded", () =>
    Effect.gen(function*() {
      let isWell = false
      const { events, pool } = yield* openPool(yield* open, {
        execute: () => isWell ? Effect.void : Effect.fail("no")
      })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pool.enqueue({ event, itemId: "b" })
      const { itemId: own } = yield* pool.enqueue({ event })
      yield* settled
      assert.deepStrictEqual(yield* pool.enqueue({ event, itemId: "a" }), { itemId: "a", position: 0, created: false })
      isWell = true
      assert.deepStrictEqual(yield* pool.retryItem({ itemId: "a" }), { retried: true })
      assert.deepStrictEqual(yield* pool.retryItem({ itemId: own }), { retried: true })
      assert.deepStrictEqual(yield* pool.retryItem({ itemId: "a" }), { retried: false })
      yield* settled
      assert.deepStrictEqual(yield* pool.discardItem({ itemId: "b" }), { discarded: true })
      assert.deepStrictEqual(yield* pool.discardItem({ itemId: "b" }), { discarded: false })
      assert.deepStrictEqual(yield* pool.deadLetters(), { items: [], cursor: null })
      assert.deepInclude(yield* pool.status(), { deadLetters: 0, pending: 0 })
      const well = (yield* events).flatMap((each) => each.type === "execution.succeeded" ? each.executionId ?? [] : [])
      assert.deepStrictEqual(well.map((id) => id.split(":i")[1]), ["a.2", `${own}.2`])
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "b" }), { created: true })
    }))

  it.effect("dead letters outlive the incarnation, and open the next one", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open, failing)
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pool.enqueue({ event, itemId: "b" })
      assert.deepStrictEqual(yield* pool.drain(), { processed: 2 })
      assert.deepStrictEqual(yield* pool.status(), { pending: 0, running: 0, deadLetters: 2, paused: false })
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "a" }), { created: false })
      assert.deepStrictEqual(yield* pool.discardItem({ itemId: "b" }), { discarded: true })
      assert.deepInclude(yield* pool.status(), { deadLetters: 1 })
      assert.deepStrictEqual(yield* pool.retryItem({ itemId: "a" }), { retried: true })
      assert.deepStrictEqual(yield* pool.drain(), { processed: 1 })
      assert.deepInclude(yield* pool.status(), { deadLetters: 1 })
    }))

  it.effect("onDeadLetter comes after the letter is stored, onEmpty when all is done", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const host = yield* open
      const { pool } = yield* openPool(host, {
        ...failing,
        onDeadLetter: ({ n }, error) => Effect.sync(() => told.push(`dead ${n}: ${error.name} ${error.message}`)),
        onEmpty: () => Effect.sync(() => told.push("empty"))
      })
      yield* pool.status()
      yield* pool.pause()
      assert.deepStrictEqual(told, [])
      yield* pool.enqueue({ event: { n: 1 } })
      yield* pool.enqueue({ event: { n: 2 } })
      yield* settled
      assert.deepStrictEqual(told, ["dead 1: RangeError no", "dead 2: RangeError no", "empty"])
      yield* pool.pause()
      yield* pool.enqueue({ event, itemId: "a" })
      yield* pool.cancel({ itemId: "a" })
      yield* settled
      assert.deepStrictEqual(told.slice(3), ["empty"])
      yield* pool.resume()
      yield* pool.drain()
      yield* settled
      assert.lengthOf(told, 4)
    }))

  it.effect("onEmpty is for the whole pool, once", () =>
    Effect.gen(function*() {
      let empty = 0
      const { pool } = yield* openPool(yield* open, {
        concurrency: 4,
        shards: 4,
        execute: () => Effect.sleep("1 second"),
        onEmpty: () => Effect.sync(() => ++empty)
      })
      yield* Effect.forEach(Array.from({ length: 4 }), () => pool.enqueue({ event }), { concurrency: "unbounded" })
      yield* pass("9 seconds", 90)
      assert.deepInclude(yield* pool.status(), { pending: 0, running: 0 })
      assert.strictEqual(empty, 1)
    }))

  it.effect("callbacks that fail or die change nothing", () =>
    Effect.gen(function*() {
      const { path, pool } = yield* openPool(yield* open, {
        ...failing,
        onDeadLetter: () => Effect.die("dead"),
        onEmpty: () => {
          throw new Error("empty")
        }
      })
      yield* pool.enqueue({ event, itemId: "a" })
      yield* settled
      yield* pool.enqueue({ event, itemId: "b" })
      assert.deepStrictEqual(yield* pool.drain(), { processed: 2 })
      assert.strictEqual((yield* path).at(-1), "job.completed(drained)")
    }))

  it.effect("drain waits for all, refuses new items, and answers whoever asks meanwhile", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching((_event, { isRetry, itemId }) =>
        itemId === "again" && !isRetry ? Effect.fail("no") : Effect.sleep("1 second")
      )
      const { pool } = yield* openPool(yield* open, { execute, retry: { maxAttempts: 2, delay: "1 minute" } })
      for (const itemId of ["again", "b", "c"]) yield* pool.enqueue({ event, itemId })
      const drains = yield* Effect.forkChild(Effect.all([pool.drain(), pool.drain()], { concurrency: 2 }))
      yield* settled
      const refused = yield* Effect.flip(pool.enqueue({ event, itemId: "d" }))
      assert.strictEqual(
        refused.message,
        "workerPool:pool:0: name: the pool is being drained and takes no new items until that has ended"
      )
      assert.strictEqual(refused._tag, "InvalidInput")
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "c" }), { created: false })
      yield* pass("10 seconds", 10)
      assert.isUndefined(drains.pollUnsafe())
      yield* pass("60 seconds", 10)
      assert.deepStrictEqual(yield* Fiber.join(drains), [{ processed: 3 }, { processed: 3 }])
      assert.deepStrictEqual(seen, ["again", "b", "c", "again 2"])
      assert.deepInclude(yield* pool.enqueue({ event, itemId: "d" }), { created: true })
    }))

  it.effect("a paused pool is drained once it goes on", () =>
    Effect.gen(function*() {
      const { pool } = yield* openPool(yield* open)
      yield* pool.enqueue({ event })
      yield* settled
      yield* pool.pause()
      yield* pool.enqueue({ event })
      const drain = yield* Effect.forkChild(pool.drain())
      yield* pass("1 hour")
      assert.isUndefined(drain.pollUnsafe())
      yield* pool.resume()
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 2 })
    }))

  it.effect("pause and drain hold for shards that come later", () =>
    Effect.gen(function*() {
      const { execute, seen } = watching(() => Effect.sleep("1 minute"))
      const { pool } = yield* openPool(yield* open, { concurrency: 16, shards: 16, execute })
      yield* pool.enqueue({ event, itemId: "first" })
      yield* settled
      yield* pool.pause()
      for (let n = 0; n < 8; n++) yield* pool.enqueue({ event, itemId: `${n}` })
      yield* settled
      assert.deepStrictEqual(seen, ["first"])
      assert.deepStrictEqual(yield* pool.resume(), { resumed: true })
      yield* settled
      assert.lengthOf(seen, 9)
      const drain = yield* Effect.forkChild(pool.drain())
      yield* settled
      for (let n = 0; n < 40; n++) {
        assert.deepInclude(yield* Effect.flip(pool.enqueue({ event, itemId: `late ${n}` })), { _tag: "InvalidInput" })
      }
      yield* pass("5 minutes", 50)
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 9 })
    }))

  it.effect("terminate interrupts what runs and leaves nothing, dead letters neither", () =>
    Effect.gen(function*() {
      let interrupted = 0
      const host = yield* open
      const { events, pool } = yield* openPool(host, {
        concurrency: 2,
        execute: ({ n }) =>
          n === 0 ? Effect.fail("no") : Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => ++interrupted)))
      })
      yield* pool.enqueue({ event: { n: 0 }, itemId: "dead" })
      for (const itemId of ["a", "b", "c"]) yield* pool.enqueue({ event, itemId, partitionKey: itemId })
      yield* pass("20 millis")
      const drain = yield* Effect.forkChild(pool.drain())
      yield* settled
      assert.deepStrictEqual(yield* pool.terminate({ reason: "enough" }), { terminated: true, reason: "enough" })
      assert.strictEqual(interrupted, 2)
      assert.deepStrictEqual(yield* Fiber.join(drain), { processed: 1 })
      assert.strictEqual((yield* events).at(-1)?.type, "job.terminated")
      assert.deepStrictEqual(yield* pool.status(), { pending: 0, running: 0, deadLetters: 0, paused: false })
      assert.deepStrictEqual(yield* pool.terminate(), { terminated: false })
      assert.deepInclude(yield* pool.enqueue({ event: { n: 0 }, itemId: "a" }), { created: true, position: 1 })
    }))
})

describe("the rows of a pool", () => {
  it.effect("are gone with their items, and the lives of ids with their incarnation", () =>
    Effect.gen(function*() {
      const [memory] = storages
      const layer = yield* (memory ?? assert.fail("no storage")).open
      const { pool } = yield* openPool(layer, { execute: ({ n }) => n === 0 ? Effect.fail("no") : Effect.void })
      for (const partitionKey of ["p", "p", "q"]) yield* pool.enqueue({ event, partitionKey })
      yield* pool.enqueue({ event, itemId: "named" })
      yield* pool.enqueue({ event: { n: 0 }, itemId: "dead" })
      yield* settled
      const rows = Effect.flatMap(JobsHost, (host) =>
        Effect.forEach(
          ["ready:", "part:", "head:", "retry:", "run:", "item:", "dead:", "tally:"],
          (prefix) => host.loadEntries("workerPool:pool:0", { prefix, limit: 99 })
        )).pipe(Effect.map((found) => found.flat().map(({ key }) => key)), Effect.provide(layer))
      assert.deepStrictEqual(yield* rows, ["item:dead", "item:named", "dead:dead", "tally:dead"])
      yield* pool.enqueue({ event, itemId: "last" })
      yield* pool.drain()
      assert.deepStrictEqual(yield* rows, ["item:dead", "dead:dead", "tally:dead"])
      assert.deepStrictEqual(yield* pool.discardItem({ itemId: "dead" }), { discarded: true })
      assert.deepStrictEqual(yield* rows, [])
    }).pipe(Effect.provide(Layer.empty)))
})
