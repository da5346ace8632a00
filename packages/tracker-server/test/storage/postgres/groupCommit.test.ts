import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import { decode } from "../../../src/ingest/decode.ts"
import type { IncomingEvent } from "../../../src/ingest/IncomingEvent.ts"
import type { Batch, Undecoded, Verdict } from "../../../src/storage/EventStore.ts"
import { groupCommit } from "../../../src/storage/postgres/groupCommit.ts"
import { StoreUnavailable } from "../../../src/storage/StoreUnavailable.ts"

const anEvent = (eventId: string): IncomingEvent => {
  const read = decode({ eventId, timestamp: "2026-01-11T10:00:00Z", type: "something.else" })
  if (read._tag !== "Event") throw new Error(read.rejected.detail)
  return read.event
}

/** A request of these events. */
const batch = (...ids: ReadonlyArray<string>): Batch => ({
  events: ids.map(anEvent),
  rejected: [],
  reception: { receivedAt: "2026-01-11T10:00:00.000000Z", requestTraceId: null },
  lost: null,
  keyId: null
})

/** One that need not be decoded. */
const decoded = (batch: Batch): Undecoded<Batch, never> => ({ bytes: 0, decode: Effect.succeed(batch) })

const idsOf = ({ events }: Batch) => events.map(({ eventId }) => eventId)

/** Transactions that end when the test says so, and what each of them had. */
const makeStoreWith = Effect.fnUntraced(function*(worthSecond: number | undefined) {
  const transactions: Array<{
    readonly ids: ReadonlyArray<string>
    readonly end: Deferred.Deferred<void, StoreUnavailable>
  }> = []
  const store = yield* groupCommit((_, group) => {
    const ids = group.flatMap(idsOf)
    const end = Deferred.makeUnsafe<void, StoreUnavailable>()
    transactions.push({ ids, end })
    return Effect.as(
      Deferred.await(end),
      group.map(({ events }) => events.map((): Verdict => "accepted"))
    )
  }, worthSecond)
  const sendUndecoded = <E>(tenantId: string, undecoded: Undecoded<Batch, E>) =>
    Effect.map(store.append(tenantId, undecoded), ({ verdicts }) => verdicts).pipe(
      Effect.exit,
      Effect.forkChild({ startImmediately: true }),
      // A transaction takes all that have come by the time it starts.
      Effect.tap(Effect.yieldNow)
    )
  const send = (tenantId: string, ...ids: ReadonlyArray<string>) => sendUndecoded(tenantId, decoded(batch(...ids)))
  const written = () => transactions.map(({ ids }) => ids.join(" "))
  const end = (n: number, exit: Exit.Exit<void, StoreUnavailable> = Exit.void) =>
    Effect.suspend(() => {
      const transaction = transactions[n]
      if (transaction !== undefined) Deferred.doneUnsafe(transaction.end, exit)
      // Its requests are answered after the next transaction has begun.
      return Effect.andThen(Effect.yieldNow, Effect.yieldNow)
    })
  return { send, sendUndecoded, written, end }
})

/** One that writes whatever waits as soon as it may. */
const makeStore = makeStoreWith(1)

const accepted = (count: number) => Exit.succeed(Array.from({ length: count }, (): Verdict => "accepted"))

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => String(from + i))

const away = new SqlError({ reason: new ConnectionError({ cause: new Error("away"), operation: "query" }) })

describe("groupCommit", () => {
  it.effect("writes those that come while two transactions run together, in their order", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      const fibers = yield* Effect.forEach(["1", "2", "3", "4 5", "6"], (ids) => send("t", ...ids.split(" ")))
      assert.deepStrictEqual(written(), ["1", "2"])
      yield* end(0)
      assert.deepStrictEqual(written(), ["1", "2", "3 4 5 6"])
      yield* end(1)
      yield* end(2)
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [1, 1, 1, 2, 1].map(accepted))
    }))

  it.effect("begins a second transaction for a hundred events, and lets fewer share the next", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStoreWith(undefined)
      const fibers = [yield* send("t", "first"), yield* send("t", "few")]
      assert.deepStrictEqual(written(), ["first"])
      fibers.push(yield* send("t", ...numbers(1, 99)))
      const second = ["few", ...numbers(1, 99)].join(" ")
      assert.deepStrictEqual(written(), ["first", second])
      fibers.push(yield* send("t", "later"))
      yield* end(0)
      assert.deepStrictEqual(written(), ["first", second], "another transaction runs, and takes the few when it ends")
      yield* end(1)
      assert.deepStrictEqual(written(), ["first", second, "later"])
      yield* end(2)
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [1, 1, 99, 1].map(accepted))
    }))

  it.effect("keeps tenants apart", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      const fibers = yield* Effect.forEach(["a", "b", "c"], (tenant) => send(tenant, tenant))
      assert.deepStrictEqual(written(), ["a", "b", "c"])
      yield* Effect.forEach([0, 1, 2], (n) => end(n))
      assert.deepStrictEqual(yield* Effect.forEach(fibers, Fiber.join), [1, 1, 1].map(accepted))
    }))

  it.effect("takes a thousand events into one transaction, and the rest into the next", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      yield* send("t", "a")
      yield* send("t", "b")
      yield* send("t", ...numbers(0, 600))
      yield* send("t", ...numbers(600, 600))
      yield* end(0)
      yield* end(1)
      assert.deepStrictEqual(written().map((said) => said.split(" ").length), [1, 1, 600, 600])
    }))

  it.effect("writes the neighbours of a request that cannot be written without it", () =>
    Effect.gen(function*() {
      const store = yield* groupCommit((_, group) =>
        group.some((one) => idsOf(one).includes("bad"))
          ? Effect.die(new Error("a statement was wrong"))
          : Effect.succeed(group.map(({ events }) => events.map((): Verdict => "accepted")))
      )
      const exits = yield* Effect.all(
        ["1", "2", "3", "bad", "4"].map((id) => Effect.exit(store.append("t", decoded(batch(id))))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, true, true, false, true])
    }))

  it.effect("tells those who wait behind an outage of it, and goes on with those who come later", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      const [first, second, waiting] = [yield* send("t", "1"), yield* send("t", "2"), yield* send("t", "3")]
      const outage = Exit.fail(new StoreUnavailable({ cause: away }))
      yield* end(0, outage)
      assert.deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(waiting)], [outage, outage])
      yield* end(1)
      assert.deepStrictEqual(yield* Fiber.join(second), accepted(1))
      const later = yield* send("t", "4")
      yield* end(2)
      assert.deepStrictEqual(yield* Fiber.join(later), accepted(1))
      assert.deepStrictEqual(written(), ["1", "2", "4"])
    }))

  it.effect("goes on with those who wait when only this transaction could not be written", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      const [first, , waiting] = [yield* send("t", "1"), yield* send("t", "2"), yield* send("t", "3")]
      const timeout = Exit.fail(new StoreUnavailable({ cause: new Error("a lock was not free in time") }))
      yield* end(0, timeout)
      assert.deepStrictEqual(yield* Fiber.join(first), timeout)
      yield* end(2)
      assert.deepStrictEqual(yield* Fiber.join(waiting), accepted(1))
      assert.deepStrictEqual(written(), ["1", "2", "3"])
    }))

  it.effect("tells those who have waited longer than an answer may take", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      yield* send("t", "1")
      yield* send("t", "2")
      const late = yield* send("t", "3")
      yield* TestClock.adjust("9 seconds")
      const soon = yield* send("t", "4")
      yield* TestClock.adjust("2 seconds")
      yield* end(0)
      assert.deepStrictEqual(written(), ["1", "2", "4"])
      yield* end(2)
      assert.strictEqual((yield* Fiber.join(late))._tag, "Failure")
      assert.deepStrictEqual(yield* Fiber.join(soon), accepted(1))
    }))

  it.effect("writes in nobody's name", () =>
    Effect.gen(function*() {
      const Name = Context.Reference<string>("test/Name", { defaultValue: () => "nobody" })
      const names: Array<string> = []
      const store = yield* groupCommit((_, group) =>
        Effect.map(Name, (name) => {
          names.push(name)
          return group.map(() => [])
        })
      )
      yield* Effect.provideService(store.append("t", decoded(batch("1"))), Name, "the first request")
      assert.deepStrictEqual(names, ["nobody"])
    }))

  it.effect("begins the next transaction before it answers the requests of the last", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const ends: Array<Deferred.Deferred<void>> = []
      const store = yield* groupCommit((_, group) => {
        const end = Deferred.makeUnsafe<void>()
        ends.push(end)
        order.push(`begin ${group.flatMap(idsOf).join(" ")}`)
        return Effect.as(Deferred.await(end), group.map(() => []))
      })
      const send = (id: string) =>
        Effect.andThen(store.append("t", decoded(batch(id))), Effect.sync(() => order.push(`answer ${id}`))).pipe(
          Effect.forkChild({ startImmediately: true }),
          Effect.tap(Effect.yieldNow)
        )
      const first = yield* send("1")
      yield* send("2")
      for (const end of ends) Deferred.doneUnsafe(end, Exit.void)
      yield* Fiber.join(first)
      assert.deepStrictEqual(order, ["begin 1", "begin 2", "answer 1"])
    }))

  it.effect("does not write for who has gone", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      yield* send("t", "1")
      yield* send("t", "2")
      const gone = yield* send("t", "3")
      yield* send("t", "4")
      yield* Fiber.interrupt(gone)
      yield* end(0)
      assert.deepStrictEqual(written(), ["1", "2", "4"])
    }))
})
