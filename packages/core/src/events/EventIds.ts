import { Clock, Context, Effect } from "effect"
import { makeUuid7 } from "./Uuid7.ts"

/**
 * Makes ids of events and incarnations: UUIDv7, strictly increasing within the process. A reference, so that it is
 * there without being provided and a test can put a counter in its place.
 */
export const EventIds = Context.Reference<{ readonly next: (epochMillis: number) => string }>(
  "@durable-effect/core/EventIds",
  {
    defaultValue: () => ({ next: makeUuid7() })
  }
)

let cachedMillis = Number.NaN
let cachedIso = ""

/** Epoch milliseconds as ISO 8601 in UTC, remembered for the current millisecond: events come in bursts. */
export const isoOfMillis = (epochMillis: number): string => {
  if (epochMillis !== cachedMillis) {
    cachedIso = new Date(epochMillis).toISOString()
    cachedMillis = epochMillis
  }
  return cachedIso
}

/** A new event's id and instant, both from Effect's clock. */
export const nextEventId: Effect.Effect<{ readonly eventId: string; readonly timestamp: string }> = Effect.gen(
  function*() {
    const clock = yield* Clock.Clock
    const ids = yield* EventIds
    const now = clock.currentTimeMillisUnsafe()
    return { eventId: ids.next(now), timestamp: isoOfMillis(now) }
  }
)
