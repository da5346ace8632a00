import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { BeginGate } from "../../src/engine/BeginGate.ts"

describe("the gate of an attempt", () => {
  it.effect("stays closed to whoever ends the attempt until a begin that is under way is stored, interrupted or not", () =>
    Effect.gen(function*() {
      const isUnderWay = yield* Deferred.make<void>()
      const mayEnd = yield* Deferred.make<void>()
      let stored = 0
      const gate = new BeginGate(
        Deferred.succeed(isUnderWay, undefined).pipe(
          Effect.andThen(Deferred.await(mayEnd)),
          Effect.andThen(Effect.sync(() => {
            stored += 1
          }))
        )
      )
      const beginning = yield* Effect.forkChild(gate.begin())
      yield* Deferred.await(isUnderWay)
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(beginning))
      const closing = yield* Effect.forkChild(Effect.map(Effect.suspend(() => gate.close()), () => stored))
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      assert.isUndefined(closing.pollUnsafe())
      yield* Deferred.succeed(mayEnd, undefined)
      yield* Fiber.join(interrupting)
      assert.strictEqual(yield* Fiber.join(closing), 1)
    }))
})
