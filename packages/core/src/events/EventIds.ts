import { Clock, Context, Effect } from "effect"
import { makeUuid7 } from "./Uuid7.ts"

/**
 * Generates event and incarnation ids: UUIDv7, strictly increasing within the process. It is a `Context.Reference`, so
 * that it works without being provided and tests can substitute a counter.
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
 * Epoch milliseconds as ISO 8601 in UTC. Caches the last two results: events come in bursts, and usually mention one
 * other instant besides their own.
 */
export const isoOfMillis = (epochMillis: number): string => {
  if (epochMillis === last.millis) return last.iso
  if (epochMillis === lastButOne.millis) return lastButOne.iso
  lastButOne = last
  last = { millis: epochMillis, iso: new Date(epochMillis).toISOString() }
  return last.iso
}

/** The id and timestamp of a new event, both from Effect's `Clock`. */
export const nextEventId: Effect.Effect<{ readonly eventId: string; readonly timestamp: string }> = Effect.gen(
  function*() {
    const clock = yield* Clock.Clock
    const ids = yield* EventIds
    const now = clock.currentTimeMillisUnsafe()
    return { eventId: ids.next(now), timestamp: isoOfMillis(now) }
  }
)
