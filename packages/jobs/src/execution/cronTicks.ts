import { Cron, type DateTime } from "effect"
import { changeBetween, offsetAt, reachMs, type ZoneChange } from "./zoneChanges.ts"

export interface CronTimes {
  /** The zone's wall-clock times, written as if they were UTC. */
  readonly shown: Cron.Cron
  readonly zone: DateTime.TimeZone.Named
  /** Whether the hour is a wildcard, so that a repeated hour has its ticks twice. */
  readonly everyHour: boolean
}

/** From when on clocks no longer repeat earlier times. */
const endOfRepeat = ({ everyHour }: CronTimes, from: number, last: ZoneChange | undefined): number =>
  last === undefined || everyHour ? from : Math.max(from, last.at - Math.min(0, last.shiftMs))

/**
 * The first tick after an instant, epoch milliseconds. Effect's `Cron` knows the calendar; which instants its times are
 * is said here, as there a time that clocks leave out runs at the end of the gap:
 *
 * - A time that clocks leave out runs as late as if they had not been set forward: 02:30 as 03:30.
 * - Of a time that clocks show twice the first is meant, or both when the schedule is one for every hour.
 *
 * Goes from one change of the zone's offset to the next, or in steps of about a day when there is none; what no time of
 * the calendar is near to is jumped over.
 */
export const cronTickAfter = (times: CronTimes, instant: number): number => {
  const { shown, zone } = times
  const shownAfter = (wall: number) => Cron.next(shown, wall).getTime()
  for (let from = instant + 1;;) {
    const until = from + reachMs
    const last = changeBetween(zone, from - reachMs, from)
    const coming = changeBetween(zone, from, until)
    const end = coming?.at ?? until
    const offset = offsetAt(zone, from)
    const regular = shownAfter(endOfRepeat(times, from, last) + offset - 1) - offset
    const shifted = last !== undefined && from < last.at + last.shiftMs
      ? shownAfter(from + last.before - 1) - last.before
      : Infinity
    const tick = last !== undefined && shifted < last.at + last.shiftMs ? Math.min(regular, shifted) : regular
    if (tick < end) return tick
    from = coming === undefined ? Math.max(until, regular - reachMs) : end
  }
}
