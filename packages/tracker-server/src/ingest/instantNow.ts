import { canonicalInstant } from "@durable-effect/core"
import { Clock, DateTime, Effect } from "effect"

/** The current instant as stored: UTC with six decimals. */
export const instantNow = Effect.map(Clock.currentTimeMillis, (now) => {
  const iso = DateTime.formatIso(DateTime.makeUnsafe(now))
  return canonicalInstant(iso) ?? iso
})
