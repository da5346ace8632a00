import { Effect, Schema } from "effect"
import {
  Backoff,
  Debounce,
  type DebounceContext,
  type DebounceDefinition,
  type DebounceOfState
} from "../../src/index.ts"
import type { JobsClient } from "../../src/index.ts"

/** An event, and the state that it leaves: the sum of all. */
export const Amount = Schema.Struct({ amount: Schema.Int })
export const Sum = Schema.Struct({ sum: Schema.Int })
export type SumContext = DebounceContext<typeof Sum.Type>

type Given = Partial<DebounceOfState<typeof Amount, typeof Sum, unknown, JobsClient, unknown, JobsClient>>
export type Summing = DebounceDefinition<typeof Amount, typeof Sum, JobsClient>

interface Flushed {
  readonly sum: number
  readonly eventCount: number
  readonly reason: string
}

/** What was flushed, and a way to wait for it. */
const flushNotes = () => {
  const flushed: Array<Flushed> = []
  let notice: (() => void) | undefined
  return {
    flushed,
    note: (ctx: SumContext, sum: number) => {
      flushed.push({ sum, eventCount: ctx.eventCount, reason: ctx.flushReason })
      notice?.()
    },
    /** Resolves once so many flushes have been noted. They may not be committed yet. */
    until: (count: number) =>
      Effect.callback<void>((resume) => {
        notice = () => {
          if (flushed.length >= count) resume(Effect.void)
        }
        notice()
      })
  }
}

/** Adds amounts up; 10 s after the first it flushes, and notes what of in `flushed`. */
export const summing = (given: Given = {}) => {
  const { flushed, note, until } = flushNotes()
  const definition: Summing = Debounce.make<
    typeof Amount,
    typeof Sum,
    unknown,
    JobsClient,
    unknown,
    JobsClient
  >({
    eventSchema: Amount,
    stateSchema: Sum,
    flushAfter: "10 seconds",
    onEvent: ({ event, state }) => Effect.succeed({ sum: (state?.sum ?? 0) + event.amount }),
    execute: (ctx) => Effect.map(ctx.state, ({ sum }) => note(ctx, sum)),
    ...given
  })
  return { definition, flushed, until }
}

/** Fails its first `failures` flushes. Three attempts, 1 s and 2 s apart, unless told otherwise. */
export const failingFlush = (failures: number, given: Given = {}) => {
  let failed = 0
  const { flushed, note, until } = flushNotes()
  const { definition } = summing({
    retry: { maxAttempts: 3, delay: Backoff.linear({ base: "1 second" }) },
    execute: (ctx) =>
      Effect.gen(function*() {
        const { sum } = yield* ctx.state
        // What a failed attempt has set must not be stored.
        yield* ctx.setState({ sum: -1 })
        if (++failed <= failures) return yield* Effect.fail(new TypeError(`failure ${failed}`))
        note(ctx, sum)
      }),
    ...given
  })
  return { definition, flushed, until }
}
