/** What a cron expression says, with `undefined` for a field that is `*`. */
export interface CronFields {
  readonly minutes: ReadonlyArray<number>
  readonly hours: ReadonlyArray<number> | undefined
  readonly days: ReadonlyArray<number> | undefined
  readonly months: ReadonlyArray<number> | undefined
  readonly weekdays: ReadonlyArray<number> | undefined
}

const minuteMs = 60_000

const text = (values: ReadonlyArray<number> | undefined) => values === undefined ? "*" : values.join(",")

export const expressionOf = ({ days, hours, minutes, months, weekdays }: CronFields): string =>
  [minutes, hours, days, months, weekdays].map(text).join(" ")

/** Whether a minute, as clocks show it, is one of the expression's. Of two restricted days either will do. */
const isMeant = ({ days, hours, minutes, months, weekdays }: CronFields, shown: number): boolean => {
  const date = new Date(shown)
  if (!minutes.includes(date.getUTCMinutes())) return false
  if (hours !== undefined && !hours.includes(date.getUTCHours())) return false
  if (months !== undefined && !months.includes(date.getUTCMonth() + 1)) return false
  const isDay = days?.includes(date.getUTCDate())
  const isWeekday = weekdays?.includes(date.getUTCDay())
  if (isDay !== undefined && isWeekday !== undefined) return isDay || isWeekday
  return isDay ?? isWeekday ?? true
}

const shownBy = (zone: string): (instant: number) => number => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric"
  })
  return (instant) => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
    return Date.UTC(part["year"] ?? 0, (part["month"] ?? 0) - 1, part["day"], part["hour"], part["minute"])
  }
}

/** What the clocks of a zone show at each minute from one instant to another, both whole hours. */
export const shownMinutes = (zone: string, from: number, to: number): ReadonlyArray<number> => {
  const shown = shownBy(zone)
  const minutes: Array<number> = []
  let first = shown(from)
  for (let hour = from; hour < to; hour += 60 * minuteMs) {
    const next = shown(hour + 60 * minuteMs)
    const isEven = next === first + 60 * minuteMs
    for (let n = 0; n < 60; n += 1) minutes.push(isEven ? first + n * minuteMs : shown(hour + n * minuteMs))
    first = next
  }
  return minutes
}

/** The ticks of an expression, found by looking at the clock every minute. The first day is looked at, not told. */
export const ticksByLooking = (fields: CronFields, minutes: ReadonlyArray<number>, from: number): Array<number> => {
  const ticks = new Set<number>()
  let before = (minutes[0] ?? 0) - minuteMs
  let latest = before
  for (const [index, shown] of minutes.entries()) {
    const instant = from + index * minuteMs
    // What clocks leave out comes as late as if they had gone on as before.
    for (let left = before + minuteMs; left < shown; left += minuteMs) {
      if (isMeant(fields, left)) ticks.add(instant + left - before - minuteMs)
    }
    const isRepeat = shown <= latest
    if (isMeant(fields, shown) && (!isRepeat || fields.hours === undefined)) ticks.add(instant)
    before = shown
    latest = Math.max(latest, shown)
  }
  return [...ticks].toSorted((a, b) => a - b).filter((tick) => tick >= from + 24 * 3_600_000)
}
