import { Effect, Schema } from "effect"
import { Backoff, Task, type TaskContext, type TaskOptions } from "../../src/index.ts"

export const Sum = Schema.Struct({ n: Schema.Int })
export const Add = Schema.Struct({ add: Schema.Int })
export type SumContext = TaskContext<typeof Sum.Type>

export type GivenTask = Partial<TaskOptions<typeof Sum, typeof Add, never, never, never, never>>

/** Adds what the events say to `n`, which `execute` makes ten times as large. Schedules nothing. */
export const adding = (given: GivenTask = {}) =>
  Task.make({
    stateSchema: Sum,
    eventSchema: Add,
    onEvent: ({ add }, ctx) => Effect.flatMap(ctx.state, (state) => ctx.setState({ n: (state?.n ?? 0) + add })),
    execute: (ctx) => ctx.updateState(({ n }) => ({ n: n * 10 })),
    ...given
  })

/** Three attempts, 1 s and 2 s apart. */
export const threeAttempts = { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) }

/** Adds as `adding` does, but fails the first `failures` times, each time with a state and a schedule that must not stay. */
export const failingToAdd = (failures: number, given: GivenTask = {}) => {
  let calls = 0
  return adding({
    retry: threeAttempts,
    onEvent: ({ add }, ctx) =>
      Effect.gen(function*() {
        calls += 1
        if (calls > failures) {
          const state = yield* ctx.state
          return yield* ctx.setState({ n: (state?.n ?? 0) + add })
        }
        yield* ctx.setState({ n: -1 })
        yield* ctx.schedule("1 hour")
        return yield* Effect.fail(new TypeError(`failure ${calls}`))
      }),
    ...given
  })
}
