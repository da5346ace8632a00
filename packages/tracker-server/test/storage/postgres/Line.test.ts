import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import { TestClock } from "effect/testing"
import type { Batch } from "../../../src/storage/EventStore.ts"
import { groupCommit } from "../../../src/storage/postgres/groupCommit.ts"
import { StoreUnavailable } from "../../../src/storage/StoreUnavailable.ts"

const mebibyte = 1024 * 1024

const empty: Batch = {
  events: [],
  rejected: [],
  reception: { receivedAt: "2026-01-11T10:00:00.000000Z", requestTraceId: null },
  lost: null,
  keyId: null,
  rereads: []
}

/** A store whose transactions end when the test says so, and the names of the bodies in the order they were decoded. */
const makeStore = Effect.gen(function*() {
  const decoded: Array<string> = []
  const ends: Array<Deferred.Deferred<void, StoreUnavailable>> = []
  const store = yield* groupCommit((_, group) => {
    const end = Deferred.makeUnsafe<void, StoreUnavailable>()
    ends.push(end)
    return Effect.as(Deferred.await(end), group.map(() => []))
  })
  const send = (tenantId: string, name: string, bytes: number) =>
    Effect.exit(store.append(tenantId, {
      bytes,
      decode: Effect.suspend(() => {
        decoded.push(name)
        return name === "malformed" ? Effect.fail("not JSON") : Effect.succeed(empty)
      })
    })).pipe(
      Effect.forkChild({ startImmediately: true }),
      Effect.tap(Effect.yieldNow)
    )
  const end = (n: number, exit: Exit.Exit<void, StoreUnavailable> = Exit.void) =>
    Effect.suspend(() => {
      const one = ends[n]
      if (one !== undefined) Deferred.doneUnsafe(one, exit)
      return Effect.andThen(Effect.yieldNow, Effect.yieldNow)
    })
  return { decoded, send, end }
})

const isFailure = (exit: Exit.Exit<unknown, unknown>, tag: string): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) =>
    reason._tag === "Fail" && reason.error instanceof Error && reason.error.name === tag
  )

const away = new StoreUnavailable({
  cause: new SqlError({ reason: new ConnectionError({ cause: new Error("away"), operation: "query" }) })
})

describe("groupCommit decodes", () => {
  it.effect("up to 1.5 MiB and one body more, and the next in order as others are answered", () =>
    Effect.gen(function*() {
      const { decoded, end, send } = yield* makeStore
      for (const [name, bytes] of [["a", 0.2], ["b", 0.8], ["c", 5], ["d", 5], ["e", 0.001]] as const) {
        yield* send("t", name, bytes * mebibyte)
      }
      assert.deepStrictEqual(decoded, ["a", "b", "c"])
      yield* end(0)
      assert.deepStrictEqual(decoded, ["a", "b", "c"], "the first was small")
      yield* end(1)
      assert.deepStrictEqual(decoded, ["a", "b", "c", "d"])
      yield* end(2)
      assert.deepStrictEqual(decoded, ["a", "b", "c", "d", "e"])
    }))

  it.effect("nothing before what arrived earlier, also while that has its turn and is not decoded yet", () =>
    Effect.gen(function*() {
      const { decoded, end, send } = yield* makeStore
      for (const [name, bytes] of [["a", 1], ["b", 0.6], ["c", 0.1]] as const) yield* send("t", name, bytes * mebibyte)
      assert.deepStrictEqual(decoded, ["a", "b"])
      yield* Effect.forkChild(end(0), { startImmediately: true })
      yield* Effect.yieldNow
      yield* send("t", "d", 0.1)
      yield* Effect.yieldNow
      assert.deepStrictEqual(decoded, ["a", "b", "c", "d"])
    }))

  it.effect("two bodies however large they are, so that one is prepared while another is written", () =>
    Effect.gen(function*() {
      const { decoded, end, send } = yield* makeStore
      for (const name of ["a", "b", "c"]) yield* send("t", name, 5 * mebibyte)
      assert.deepStrictEqual(decoded, ["a", "b"])
      yield* end(0)
      assert.deepStrictEqual(decoded, ["a", "b", "c"])
    }))

  it.effect("another tenant's without waiting", () =>
    Effect.gen(function*() {
      const { decoded, send } = yield* makeStore
      for (const name of ["a", "b", "c"]) yield* send("t", name, 5 * mebibyte)
      yield* send("other", "d", 5 * mebibyte)
      assert.deepStrictEqual(decoded, ["a", "b", "d"])
    }))

  it.effect("the next in place of one that is malformed, or whose client is gone", () =>
    Effect.gen(function*() {
      const { decoded, end, send } = yield* makeStore
      yield* send("t", "a", 5 * mebibyte)
      const gone = yield* send("t", "b", 5 * mebibyte)
      const malformed = yield* send("t", "malformed", 5 * mebibyte)
      const never = yield* send("t", "never", 5 * mebibyte)
      const last = yield* send("t", "c", 5 * mebibyte)
      yield* Fiber.interrupt(never)
      yield* Fiber.interrupt(gone)
      assert.deepStrictEqual(yield* Fiber.join(malformed), Exit.fail("not JSON"))
      yield* Effect.yieldNow
      assert.deepStrictEqual(decoded, ["a", "b", "malformed", "c"])
      yield* Effect.forEach([0, 1, 2], (n) => end(n))
      assert.deepStrictEqual(yield* Fiber.join(last), Exit.succeed({ batch: empty, verdicts: [] }))
    }))

  it.effect("nothing behind an outage, which all are told of that are not being written", () =>
    Effect.gen(function*() {
      const { decoded, end, send } = yield* makeStore
      yield* send("t", "a", 0.01 * mebibyte)
      yield* send("t", "b", 0.5 * mebibyte)
      const waiting = yield* send("t", "c", 1.2 * mebibyte)
      const undecoded = yield* send("t", "d", 5 * mebibyte)
      yield* end(0, Exit.fail(away))
      assert.deepStrictEqual([yield* Fiber.join(waiting), yield* Fiber.join(undecoded)], [
        Exit.fail(away),
        Exit.fail(away)
      ])
      assert.deepStrictEqual(decoded, ["a", "b", "c"])
      const later = yield* send("t", "e", 5 * mebibyte)
      yield* end(2)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(later)))
    }))

  it.effect("nothing that has waited longer than an answer may take: one deadline for both waits", () =>
    Effect.gen(function*() {
      const { decoded, end, send } = yield* makeStore
      yield* send("t", "a", 0.01 * mebibyte)
      yield* send("t", "b", 0.5 * mebibyte)
      const inPlaceOf = yield* send("t", "c", 1.2 * mebibyte)
      const waitsTwice = yield* send("t", "d", 1.2 * mebibyte)
      const undecoded = yield* send("t", "e", 5 * mebibyte)
      yield* TestClock.adjust("6 seconds")
      const later = yield* send("t", "f", 5 * mebibyte)
      yield* Fiber.interrupt(inPlaceOf)
      yield* Effect.yieldNow
      assert.deepStrictEqual(decoded, ["a", "b", "c", "d"])
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(isFailure(yield* Fiber.join(waitsTwice), "StoreUnavailable"))
      assert.isTrue(isFailure(yield* Fiber.join(undecoded), "StoreUnavailable"))
      yield* end(0)
      yield* end(2)
      assert.isTrue(Exit.isSuccess(yield* Fiber.join(later)))
      assert.deepStrictEqual(decoded, ["a", "b", "c", "d", "f"])
    }))
})
