import { canonicalInstant } from "@durable-effect/core"

/** A point in time in a payload as UTC with six decimals; null where it is none. */
export const payloadInstant = (value: unknown): string | null =>
  typeof value === "string" ? canonicalInstant(value) ?? null : null

/** A canonical instant without the decimals that say nothing: `…00Z`, `…00.250Z` or `…00.250001Z`. */
export const shownInstant = (instant: string): string => {
  const fraction = instant.slice(20, 26)
  return fraction === "000000"
    ? `${instant.slice(0, 19)}Z`
    : fraction.endsWith("000")
    ? `${instant.slice(0, 23)}Z`
    : instant
}
