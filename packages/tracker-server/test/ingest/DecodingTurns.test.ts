import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { DecodingTurns } from "../../src/ingest/DecodingTurns.ts"

/** Requests of known sizes, which note when they begin and end when they are told to. */
const makeRequests = (turns: DecodingTurns) => {
  const begun: Array<string> = []
  const request = Effect.fnUntraced(function*(tenantId: string, name: string, bytes: number) {
    const end = yield* Deferred.make<void>()
    const work = Effect.andThen(Effect.sync(() => begun.push(name)), Deferred.await(end))
    const fiber = yield* Effect.forkChild(Effect.exit(turns.within(tenantId, bytes, work)), { startImmediately: true })
    return { fiber, end: Effect.andThen(Deferred.succeed(end, undefined), Fiber.join(fiber)) }
  })
  return { begun, request }
}

describe("DecodingTurns", () => {
  it.effect("begins what fits, and the next in order as others end", () =>
    Effect.gen(function*() {
      const { begun, request } = makeRequests(new DecodingTurns(10))
      const first = yield* request("a", "first", 6)
      const second = yield* request("a", "second", 4)
      yield* request("a", "third", 7)
      yield* request("a", "small", 1)
      assert.deepStrictEqual(begun, ["first", "second"])
      yield* first.end
      assert.deepStrictEqual(begun, ["first", "second"])
      yield* second.end
      yield* Effect.yieldNow
      assert.deepStrictEqual(begun, ["first", "second", "third", "small"])
    }))

  it.effect("lets no tenant wait for another, and what is larger than all go alone", () =>
    Effect.gen(function*() {
      const { begun, request } = makeRequests(new DecodingTurns(10))
      const large = yield* request("a", "large", 50)
      yield* request("a", "after it", 1)
      yield* request("b", "another's", 10)
      assert.deepStrictEqual(begun, ["large", "another's"])
      yield* large.end
      yield* Effect.yieldNow
      assert.deepStrictEqual(begun, ["large", "another's", "after it"])
    }))

  it.effect("answers after ten seconds of waiting, and makes room for those behind", () =>
    Effect.gen(function*() {
      const { begun, request } = makeRequests(new DecodingTurns(10))
      const stuck = yield* request("a", "stuck", 6)
      const large = yield* request("a", "large", 10)
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(large.fiber.pollUnsafe(), undefined)
      const small = yield* request("a", "small", 4)
      yield* TestClock.adjust("1 millis")
      const exit = yield* Fiber.join(large.fiber)
      assert.isTrue(
        Exit.isFailure(exit) &&
          exit.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error._tag === "Unavailable")
      )
      assert.deepStrictEqual(begun, ["stuck", "small"])
      assert.deepStrictEqual(yield* stuck.end, Exit.void)
      assert.deepStrictEqual(yield* small.end, Exit.void)
    }))

  it.effect("forgets a request whose client has left", () =>
    Effect.gen(function*() {
      const { begun, request } = makeRequests(new DecodingTurns(10))
      yield* request("a", "first", 6)
      const gone = yield* request("a", "gone", 10)
      yield* request("a", "behind", 4)
      yield* Fiber.interrupt(gone.fiber)
      yield* Effect.yieldNow
      assert.deepStrictEqual(begun, ["first", "behind"])
    }))
})
