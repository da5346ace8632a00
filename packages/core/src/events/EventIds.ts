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

interface Known {
  readonly millis: number
  readonly iso: string
}

let last: Known = { millis: Number.NaN, iso: "" }
let lastButOne = last

/**
 * Epoch milliseconds as ISO 8601 in UTC. The last two are remembered: events come in bursts, and tell of one other instant
 * besides their own.
 */
export const isoOfMillis = (epochMillis: number): string => {
  if (epochMillis === last.millis) return last.iso
  if (epochMillis === lastButOne.millis) return lastButOne.iso
  lastButOne = last
  last = { millis: epochMillis, iso: new Date(epochMillis).toISOString() }
  return last.iso
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
