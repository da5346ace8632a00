import { Duration, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createJobRegistry, WorkerPool, type WorkerPoolContext, type WorkerPoolOptions } from "../../src/index.ts"
import { assertOrdered, path } from "../support/eventPath.ts"
import { openRuntime, type Options } from "../support/openRuntime.ts"
import type { Storage } from "../support/storages.ts"

export const Job = Schema.Struct({ n: Schema.Int })
export type Job = typeof Job.Type

export type Given = Partial<WorkerPoolOptions<typeof Job, unknown, never, unknown, never, unknown>>

/** Does nothing with one item at a time. */
export const pooling = (given: Given = {}) =>
  WorkerPool.make({ eventSchema: Job, concurrency: 1, execute: () => Effect.void, ...given })

/** Notes what runs, as `item attempt`, and how many do at most. */
export const watching = (
  during: (event: Job, ctx: WorkerPoolContext) => Effect.Effect<unknown, unknown> = () => Effect.void
) => {
  const seen: Array<string> = []
  const at = { running: 0, most: 0 }
  const execute = (event: Job, ctx: WorkerPoolContext) =>
    Effect.gen(function*() {
      seen.push(ctx.attempt === 1 ? ctx.itemId : `${ctx.itemId} ${ctx.attempt}`)
      at.most = Math.max(at.most, ++at.running)
      yield* during(event, ctx)
    }).pipe(Effect.ensuring(Effect.sync(() => {
      at.running -= 1
    })))
  return { seen, at, execute }
}

/** A runtime with one pool. */
export const openPool = Effect.fnUntraced(function*(
  host: Effect.Success<Storage["open"]>,
  given: Given = {},
  options: Options = {}
) {
  const runtime = yield* openRuntime(createJobRegistry({ pool: pooling(given) }), host, options)
  const told = Effect.tap(runtime.events, (events) =>
    Effect.sync(() => {
      // A runtime after another one tells how it goes on.
      if (events[0]?.sequence === 1) assertOrdered(events)
    }))
  return { ...runtime, host, pool: runtime.client.workerPool("pool"), events: told, path: Effect.map(told, path) }
})

/** Everybody has done what can be done at this instant: commits of both storages end within their turn. */
export const settled = Effect.repeat(Effect.yieldNow, { times: 200 })

/** Moves the clock once all is done that can be done before, in small steps where more may come of each. */
export const pass = Effect.fnUntraced(function*(duration: Duration.Input, steps = 1) {
  for (let step = 0; step < steps; step++) {
    yield* settled
    yield* TestClock.adjust(Duration.divideUnsafe(Duration.fromInputUnsafe(duration), steps))
  }
  yield* settled
})
