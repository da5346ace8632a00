import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Scope } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import { decode } from "../../../src/ingest/decode.ts"
import type { IncomingEvent } from "../../../src/ingest/IncomingEvent.ts"
import type { Batch, Undecoded, Verdict } from "../../../src/storage/EventStore.ts"
import { groupCommit } from "../../../src/storage/postgres/groupCommit.ts"
import { Lines } from "../../../src/storage/postgres/Lines.ts"
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
  keyId: null,
  rereads: []
})

/** One that need not be decoded. */
const decoded = (batch: Batch, bytes = 0): Undecoded<Batch, never> => ({ bytes, decode: Effect.succeed(batch) })

const idsOf = ({ events }: Batch) => events.map(({ eventId }) => eventId)

/** Transactions that end when the test says so, and what each of them had. */
const makeStoreWith = Effect.fnUntraced(function*(lines: Lines) {
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
  }, lines)
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
const makeStore = Effect.suspend(() => makeStoreWith(new Lines(1)))

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
      const { end, send, written } = yield* makeStoreWith(new Lines())
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

  it.effect("begins a second transaction for 384 KiB, and takes 4 MiB into one, however few events they are", () =>
    Effect.gen(function*() {
      const { end, sendUndecoded, written } = yield* makeStoreWith(new Lines())
      const send = (id: string, kibibytes: number) => sendUndecoded("t", decoded(batch(id), kibibytes * 1024))
      yield* send("first", 1)
      yield* send("a", 383)
      assert.deepStrictEqual(written(), ["first"])
      yield* send("b", 1)
      assert.deepStrictEqual(written(), ["first", "a b"])
      yield* send("c", 600)
      yield* send("d", 5 * 1024)
      yield* end(0)
      assert.deepStrictEqual(written(), ["first", "a b", "c"])
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

  it.effect("goes on after a request whose statements cannot even be made", () =>
    Effect.gen(function*() {
      const store = yield* groupCommit((_, group) => {
        if (group.some((one) => idsOf(one).includes("bad"))) throw new Error("the projection was wrong")
        return Effect.succeed(group.map(({ events }) => events.map((): Verdict => "accepted")))
      })
      const send = (id: string) => Effect.exit(store.append("t", decoded(batch(id))))
      const exits = yield* Effect.all(["1", "2", "bad", "3"].map(send), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, true, false, true])
      assert.isTrue(Exit.isSuccess(yield* send("4")))
    }))

  it.effect("writes each of a group that cannot be written alone, but for who has gone, before those that came later", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      for (const id of ["1", "2", "3", "4", "5"]) yield* send("t", id)
      yield* end(0)
      const gone = yield* send("t", "6")
      const group = yield* send("t", "7")
      yield* end(1)
      assert.deepStrictEqual(written(), ["1", "2", "3 4 5", "6 7"])
      yield* send("t", "8")
      yield* Fiber.interrupt(gone)
      yield* end(3, Exit.die(new Error("a statement was wrong")))
      yield* end(4)
      yield* end(2)
      assert.deepStrictEqual(written(), ["1", "2", "3 4 5", "6 7", "7", "8"])
      assert.deepStrictEqual(yield* Fiber.join(group), accepted(1))
    }))

  it.effect("tells those of an outage who are to be written alone", () =>
    Effect.gen(function*() {
      const outage = new StoreUnavailable({ cause: away })
      const attempts: Array<string> = []
      const store = yield* groupCommit((_, group) => {
        attempts.push(group.flatMap(idsOf).join(" "))
        if (attempts.length === 1) return Effect.as(Effect.yieldNow, group.map(() => []))
        return attempts.length === 2 ? Effect.die(new Error("a statement was wrong")) : Effect.fail(outage)
      })
      const exits = yield* Effect.all(
        ["1", "2", "3", "4"].map((id) => Effect.exit(store.append("t", decoded(batch(id))))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(attempts, ["1", "2 3 4", "2"])
      assert.deepStrictEqual(exits.slice(1), [outage, outage, outage].map(Exit.fail))
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
      assert.isTrue(Exit.isFailure(yield* Fiber.join(late)), "while the others are being written")
      yield* end(0)
      assert.deepStrictEqual(written(), ["1", "2", "4"])
      yield* end(2)
      assert.deepStrictEqual(yield* Fiber.join(soon), accepted(1))
    }))

  it.effect("has six transactions at most, for which others wait as long as an answer may take", () =>
    Effect.gen(function*() {
      const { end, send, written } = yield* makeStore
      for (const tenant of ["a", "b", "c", "d", "e", "f"]) yield* send(tenant, tenant)
      const late = yield* send("late", "late")
      yield* TestClock.adjust("9 seconds")
      const later = yield* send("later", "later")
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(late)))
      assert.deepStrictEqual(written(), ["a", "b", "c", "d", "e", "f"])
      yield* end(0)
      yield* end(6)
      assert.deepStrictEqual(written(), ["a", "b", "c", "d", "e", "f", "later"])
      assert.deepStrictEqual(yield* Fiber.join(later), accepted(1))
    }))

  it.effect("answers all that are there when it is closed, and whoever comes later", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { sendUndecoded, written } = yield* Scope.provide(makeStore, scope)
      const large = 5 * 1024 * 1024
      const fibers = yield* Effect.forEach(
        ["running", "running too", "undecoded", "undecoded too"],
        (id) => sendUndecoded("t", decoded(batch(id), large))
      )
      fibers.push(yield* sendUndecoded("other", decoded(batch("running"))))
      fibers.push(yield* sendUndecoded("other", decoded(batch("running too"))))
      fibers.push(yield* sendUndecoded("other", decoded(batch("waiting"))))
      assert.strictEqual(written().length, 4)
      yield* Scope.close(scope, Exit.void)
      fibers.push(yield* sendUndecoded("t", decoded(batch("too late"))))
      const exits = yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(exits.map(Exit.isFailure), fibers.map(() => true))
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
