import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as Admission from "../../src/ingest/Admission.ts"

const layer = Layer.provide(Admission.layer, Layer.succeed(Admission.IngestBudget, 10))

const hold = (tenantId: string, bytes: number) =>
  Effect.flatMap(
    Admission.Admission,
    ({ within }) =>
      Effect.forkChild(
        within(tenantId, {
          bytes,
          arrived: () => 1,
          cutOff: () => {}
        }, ({ hold }) => Effect.andThen(hold(bytes), Effect.never)),
        { startImmediately: true }
      )
  )

const pass = (tenantId: string, bytes: number) =>
  Effect.flatMap(
    Admission.Admission,
    ({ within }) =>
      Effect.forkChild(
        Effect.exit(
          within(tenantId, { bytes, arrived: () => bytes, cutOff: () => {} }, () => Effect.succeed("through"))
        ),
        {
          startImmediately: true
        }
      )
  )

describe("Admission", () => {
  it.effect("turns away after two seconds who finds no room: 429 the tenant that takes it, 503 the others", () =>
    Effect.gen(function*() {
      yield* hold("greedy", 7)
      const own = yield* pass("greedy", 5)
      const other = yield* pass("modest", 5)
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual([own.pollUnsafe(), other.pollUnsafe()], [undefined, undefined])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(
        (yield* Effect.all([Fiber.join(own), Fiber.join(other)])).map(Exit.findErrorOption).map(
          Option.map((error) => error._tag)
        ),
        [Option.some("TooManyRequests"), Option.some("Unavailable")]
      )
    }).pipe(Effect.provide(layer)))

  it.effect("lets a request in as soon as another is through or has gone", () =>
    Effect.gen(function*() {
      const large = yield* hold("a", 8)
      const waiting = yield* pass("b", 5)
      assert.strictEqual(waiting.pollUnsafe(), undefined)
      yield* Fiber.interrupt(large)
      assert.deepStrictEqual(yield* Fiber.join(waiting), Exit.succeed("through"))
      assert.deepStrictEqual(yield* Effect.flatMap(pass("b", 10), Fiber.join), Exit.succeed("through"))
    }).pipe(Effect.provide(layer)))

  it.effect("counts an upload that is slow as what has come of it", () =>
    Effect.gen(function*() {
      const { within } = yield* Admission.Admission
      yield* Effect.forkChild(within("slow", { bytes: 10, arrived: () => 3, cutOff: () => {} }, () => Effect.never), {
        startImmediately: true
      })
      const waiting = yield* pass("b", 7)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(waiting.pollUnsafe(), undefined)
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(yield* Fiber.join(waiting), Exit.succeed("through"))
    }).pipe(Effect.provide(layer)))

  it.effect("lets a slow upload that turns out large wait for room again, and turns it away", () =>
    Effect.gen(function*() {
      const { within } = yield* Admission.Admission
      const arrivals = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const uploads = yield* Effect.forEach(arrivals, (arrived) =>
        Effect.forkChild(
          Effect.exit(within("a", {
            bytes: 10,
            arrived: () => 1,
            cutOff: () => {}
          }, ({ hold }) => Effect.andThen(Deferred.await(arrived), Effect.andThen(hold(9), Effect.never)))),
          { startImmediately: true }
        ))
      yield* TestClock.adjust("1250 millis")
      yield* Effect.forEach(arrivals, (arrived) => Deferred.succeed(arrived, undefined))
      yield* TestClock.adjust("2 seconds")
      const [first, second] = uploads.map((fiber) => fiber.pollUnsafe())
      assert.strictEqual(first, undefined)
      assert.deepStrictEqual(
        Option.flatMap(
          Option.fromNullishOr(second),
          (exit) => Exit.isSuccess(exit) ? Exit.findErrorOption(exit.value) : Option.none()
        )
          .pipe(Option.map(({ _tag }) => _tag)),
        Option.some("TooManyRequests")
      )
    }).pipe(Effect.provide(layer)))

  it.effect("forgets who gave up waiting", () =>
    Effect.gen(function*() {
      const large = yield* hold("a", 8)
      const gone = yield* hold("b", 8)
      yield* Fiber.interrupt(gone)
      assert.deepStrictEqual(yield* Effect.flatMap(pass("b", 2), Fiber.join), Exit.succeed("through"))
      yield* Fiber.interrupt(large)
      assert.deepStrictEqual(yield* Effect.flatMap(pass("b", 10), Fiber.join), Exit.succeed("through"))
    }).pipe(Effect.provide(layer)))
})
