import { Effect, Schema } from "effect"
import type { Arrivals } from "./Arrivals.ts"

/** Events that were emitted did not arrive, so that their measurement counts for nothing. */
export class NotArrived extends Schema.TaggedError<NotArrived>()("NotArrived", {
  expected: Schema.Int,
  arrived: Schema.Int
}) {
  override get message(): string {
    return `${this.arrived} of ${this.expected} events have arrived and no more come: the measurement is void`
  }
}

/** Longest that nothing may arrive. OpenTelemetry may sit on the rest of a queue for five seconds. */
const patienceMs = 15_000

/** Resolves once this many events have arrived at the sink in all. */
export const untilArrived = Effect.fnUntraced(function*(arrivals: Arrivals, expected: number) {
  let last = arrivals.read().events
  for (let waitedMs = 0; last < expected; waitedMs += 1) {
    if (waitedMs > patienceMs) return yield* new NotArrived({ expected, arrived: last })
    yield* Effect.sleep(1)
    const now = arrivals.read().events
    if (now > last) waitedMs = 0
    last = now
  }
})
