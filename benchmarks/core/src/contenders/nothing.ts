import { Effect } from "effect"
import type { BenchEvent } from "../event.ts"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** What a fiber can do with an event in place of emitting it. The loop is the same, whatever becomes of the event. */
const inPlaceOf = (at: (event: BenchEvent) => Effect.Effect<void>): Open => () =>
  Effect.sync(() => {
    const loaded = new Loaded((event) => event)
    return {
      load: loaded.load,
      emit: { kind: "effect", at: (index) => at(loaded.at(index)) },
      flush: Effect.void,
      close: Effect.void,
      account: Effect.succeed({ toldLost: 0, warnings: 0 })
    } satisfies Client
  })

/** The cheapest that there is: an effect that has ended before it begins. */
export const nothing = inPlaceOf(() => Effect.void)

let newest: BenchEvent | undefined

/** The cheapest that does anything at all, so the least that any emit could cost. */
export const sync = inPlaceOf((event) =>
  Effect.sync(() => {
    newest = event
  })
)

/** Read by nobody; what is never read may be optimized away. */
export const newestEvent = (): BenchEvent | undefined => newest
