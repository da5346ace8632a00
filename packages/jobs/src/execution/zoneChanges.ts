import { DateTime } from "effect"

/** The longest time that clocks are set forward or back by is a day, where a country crosses the date line. */
export const reachMs = 26 * 3_600_000

/** An instant from which on a zone has another offset from UTC. Positive `shiftMs`: clocks are set forward. */
export interface ZoneChange {
  readonly at: number
  /** The offset before it, milliseconds. */
  readonly before: number
  readonly shiftMs: number
}

/** A zone's offset from UTC at an instant, milliseconds. */
export const offsetAt = (zone: DateTime.TimeZone.Named, instant: number): number =>
  DateTime.zonedOffset(DateTime.makeZonedUnsafe(instant, { timeZone: zone }))

/** The change in (from, to], if there is one; the two are near enough to each other for there to be no second. */
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
