import { Effect, Ref, Schema } from "effect"
import { Backoff, Continuous, type ContinuousContext, type ContinuousOptions } from "../../src/index.ts"

export const Count = Schema.Struct({ n: Schema.Int })
export type CountContext = ContinuousContext<typeof Count.Type>

type Given = Partial<ContinuousOptions<typeof Count, unknown, never>>

/** Counts its runs in its state, every minute. */
export const counting = (given: Given = {}) =>
  Continuous.make({
    stateSchema: Count,
    schedule: Continuous.every("1 minute"),
    execute: (ctx) => ctx.updateState(({ n }) => ({ n: n + 1 })),
    ...given
  })

/** Fails its first `failures` attempts, then counts. Three attempts, 1 s and 2 s apart, unless told otherwise. */
export const failing = (failures: number, given: Given = {}) => {
  const failed = Ref.makeUnsafe(0)
  return counting({
    retry: { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) },
    execute: (ctx) =>
      Effect.gen(function*() {
        const nth = yield* Ref.updateAndGet(failed, (n) => n + 1)
        // What a failed attempt has set must not be stored.
        yield* ctx.setState({ n: -1 })
        if (nth <= failures) return yield* Effect.fail(new TypeError(`failure ${nth}`))
        return yield* ctx.setState({ n: nth })
      }),
    ...given
  })
}
