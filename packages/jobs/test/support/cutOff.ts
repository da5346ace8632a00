import { Effect, Schema } from "effect"
import {
  Continuous,
  createJobRegistry,
  Debounce,
  type ExecutionFacts,
  type OnExhausted,
  type RetryOptions,
  Task
} from "../../src/index.ts"

const Count = Schema.Struct({ n: Schema.Int })

interface Failing {
  readonly retry?: RetryOptions
  readonly onExhausted?: OnExhausted
}

/** Jobs of three types whose user code can be told to hang or to fail, and that note who has run. */
export const makeCutOffJobs = () => {
  const orders = { hangs: false, fails: false }
  const begun: Array<string> = []
  const code = <A, E>({ executionId }: ExecutionFacts, work: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      begun.push(executionId)
      if (orders.hangs) return yield* Effect.never
      if (orders.fails) return yield* Effect.fail(new TypeError("told to fail"))
      return yield* work
    })
  const retry = { maxAttempts: 2, delay: "1 minute" } as const
  const keep = { retry: { maxAttempts: 1, delay: 0 }, onExhausted: "keep" } as const

  const counting = (options: Failing = {}) =>
    Continuous.make({
      stateSchema: Count,
      schedule: Continuous.every("1 hour"),
      ...options,
      execute: (ctx) =>
        code(
          ctx,
          Effect.andThen(ctx.updateState(({ n }) => ({ n: n + 1 })), ctx.id === "ends" ? ctx.terminate() : Effect.void)
        )
    })
  const gathering = (options: Failing = {}) =>
    Debounce.make({
      eventSchema: Schema.Int,
      flushAfter: "1 hour",
      maxEvents: 2,
      ...options,
      execute: (ctx) => code(ctx, ctx.state)
    })
  const adding = (options: Failing = {}) =>
    Task.make({
      stateSchema: Count,
      eventSchema: Schema.Int,
      ...options,
      onEvent: (add, ctx) =>
        code(
          ctx,
          Effect.gen(function*() {
            yield* ctx.setState({ n: ((yield* ctx.state)?.n ?? 0) + add })
            yield* ctx.schedule("1 hour")
          })
        ),
      execute: (ctx) => code(ctx, ctx.updateState(({ n }) => ({ n: n * 10 })))
    })
  return {
    orders,
    begun,
    registry: createJobRegistry({
      count: counting(),
      countAgain: counting({ retry }),
      countKept: counting(keep),
      gather: gathering(),
      gatherAgain: gathering({ retry }),
      gatherKept: gathering(keep),
      add: adding(),
      addAgain: adding({ retry }),
      addKept: adding(keep),
      slow: Task.make({
        stateSchema: Count,
        eventSchema: Schema.Int,
        onEvent: (n, ctx) => code(ctx, Effect.andThen(Effect.sleep("1 second"), ctx.setState({ n }))),
        execute: () => Effect.void
      })
    })
  }
}
