import { Effect } from "effect"
import type { Client, Open } from "./Client.ts"
import { Loaded } from "./Loaded.ts"

/** The cheapest thing that a fiber can do with an event in place of emitting it. */
export const nothing: Open = () =>
  Effect.sync(() => {
    const loaded = new Loaded((event) => event)
    return {
      load: loaded.load,
      emit: {
        kind: "effect",
        at: (index) => {
          loaded.at(index) // the loop is the same, whatever becomes of the event
          return Effect.void
        }
      },
      flush: Effect.void,
      close: Effect.void,
      account: Effect.succeed({ toldLost: 0, warnings: 0 })
    } satisfies Client
  })
