import { canonicalInstant } from "@durable-effect/core"

/** A payload's instant in UTC with six decimals; null if it is not one. */
export const payloadInstant = (value: unknown): string | null =>
  typeof value === "string" ? canonicalInstant(value) ?? null : null

/**
 * The instant this many milliseconds earlier; unchanged if `ms` is not a duration or the result is before the year 1.
 */
export const instantBefore = (instant: string, ms: unknown): string => {
  if (typeof ms !== "number" || !(ms > 0)) return instant
  const micros = Date.parse(`${instant.slice(0, 23)}Z`) * 1000 + Number(instant.slice(23, 26)) - Math.round(ms * 1000)
  const before = new Date(Math.floor(micros / 1000))
  if (Number.isNaN(before.getTime())) return instant
  const digits = String(micros - before.getTime() * 1000).padStart(3, "0")
  return canonicalInstant(before.toISOString().replace("Z", `${digits}Z`)) ?? instant
}

/** A canonical instant without insignificant decimals: `…00Z`, `…00.250Z` or `…00.250001Z`. */
export const shownInstant = (instant: string): string => {
  const fraction = instant.slice(20, 26)
  return fraction === "000000"
    ? `${instant.slice(0, 19)}Z`
    : fraction.endsWith("000")
    ? `${instant.slice(0, 23)}Z`
    : instant
}
