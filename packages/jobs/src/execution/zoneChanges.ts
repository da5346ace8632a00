import { DateTime } from "effect"

/** The largest clock change is a day, when a country crosses the date line. */
export const reachMs = 26 * 3_600_000

/** An instant at which a zone's UTC offset changes. Positive `shiftMs`: clocks are set forward. */
export interface ZoneChange {
  readonly at: number
  /** The offset before it, milliseconds. */
  readonly before: number
  readonly shiftMs: number
}

/** A zone's offset from UTC at an instant, milliseconds. */
export const offsetAt = (zone: DateTime.TimeZone.Named, instant: number): number =>
  DateTime.zonedOffset(DateTime.makeZonedUnsafe(instant, { timeZone: zone }))

/** The change in (from, to], if any; the two are so close that there cannot be a second one. */
export const changeBetween = (zone: DateTime.TimeZone.Named, from: number, to: number): ZoneChange | undefined => {
  const before = offsetAt(zone, from)
  const after = offsetAt(zone, to)
  if (before === after) return undefined
  let [old, changed] = [from, to]
  while (changed - old > 1) {
    const middle = Math.floor((old + changed) / 2)
    if (offsetAt(zone, middle) === before) old = middle
    else changed = middle
  }
  return { at: changed, before, shiftMs: after - before }
}
