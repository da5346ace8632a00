import { Cron, DateTime, Duration, Formatter, Option, Result } from "effect"
import { cronTickAfter, type CronTimes } from "./execution/cronTicks.ts"

/** Ticks at an interval. */
export interface Every {
  readonly _tag: "Every"
  readonly intervalMs: number
  readonly mode: "fixedRate" | "fixedDelay"
}

/** Ticks at wall-clock times of a time zone. */
export interface CronSchedule {
  readonly _tag: "Cron"
  readonly expression: string
  /** IANA name. */
  readonly zone: string
  /** The first tick after an instant; both epoch milliseconds. */
  readonly tickAfter: (instant: number) => number
}

/** When a continuous job runs again. */
export type ContinuousSchedule = Every | CronSchedule

/**
 * What happens to ticks that were missed because no process was up or a run lasted beyond the next tick: none of them
 * runs (`skip`), one run stands for all (`latest`), or each runs, one after the other (`all`).
 */
export type CatchUp = "skip" | "latest" | "all"

const catchUps: ReadonlyArray<CatchUp> = ["skip", "latest", "all"]

/** Throws a RangeError if it is none of the three. */
export const catchUpOption = (given: CatchUp = "latest"): CatchUp => {
  if (catchUps.includes(given)) return given
  throw new RangeError(`catchUp must be "skip", "latest" or "all", not ${Formatter.format(given)}`)
}

/**
 * At an interval, counted from the start of the instance (`fixedRate`, the default) or from the end of each run
 * (`fixedDelay`). `catchUp` decides about missed ticks at a fixed rate; with a fixed delay none is missed.
 */
export const every = (interval: Duration.Input, options?: { readonly mode?: Every["mode"] }): Every => {
  const intervalMs = Option.match(Duration.fromInput(interval), { onNone: () => Number.NaN, onSome: Duration.toMillis })
  if (!(intervalMs >= 1 && Number.isFinite(intervalMs))) {
    throw new RangeError(
      "Continuous.every takes a duration such as \"30 minutes\", finite and of at least 1 millisecond, " +
        `not ${Formatter.format(interval)}`
    )
  }
  return { _tag: "Every", intervalMs, mode: options?.mode ?? "fixedRate" }
}

const zoneOf = (name: string): DateTime.TimeZone.Named => {
  const zone = typeof name === "string" ? DateTime.zoneMakeNamed(name) : Option.none()
  if (Option.isSome(zone)) return zone.value
  throw new RangeError(
    `Continuous.cron: zone must be the IANA name of a time zone, such as "Europe/Berlin", not ${Formatter.format(name)}`
  )
}

const timesOf = (expression: string, zone: DateTime.TimeZone.Named): CronTimes => {
  const rejection = (problem: string) =>
    new RangeError(
      "Continuous.cron: expression must have the fields minute, hour, day of month, month and day of week, as in " +
        `"0 9 * * MON-FRI", or these after seconds, not ${Formatter.format(expression)}: ${problem}`
    )
  if (typeof expression !== "string") throw rejection("it is no text")
  const parsed = Cron.parse(expression, "UTC")
  if (Result.isFailure(parsed)) {
    const { input, message } = parsed.failure
    throw rejection(
      input === undefined || input === expression ? message : `${message}, not ${Formatter.format(input)}`
    )
  }
  const shown = parsed.success
  const hours = expression.trim().split(/\s+/).at(-4) ?? ""
  return { shown, zone, everyHour: hours.startsWith("*") || shown.hours.size === 24 }
}

/**
 * At wall-clock times of a time zone, in cron syntax: minute, hour, day of month, month and day of week, preceded by
 * seconds if there are six fields. Lists, ranges, steps and names of months and days are supported; if both days are
 * restricted, either may match.
 *
 * When clocks are set forward, a skipped time runs as late as if they had not been (02:30 at 03:30). When they are set
 * back, a repeated time runs only the first time; it runs both times if the hour field begins with `*` (or names all
 * hours).
 *
 * Throws a RangeError if the expression or the zone cannot be parsed, or the expression names a date that never occurs.
 * @param options.zone IANA name; default `UTC`
 */
export const cron = (expression: string, options?: { readonly zone?: string }): CronSchedule => {
  const zone = zoneOf(options?.zone ?? "UTC")
  const times = timesOf(expression, zone)
  try {
    Cron.next(times.shown, 0)
  } catch {
    throw new RangeError(
      `Continuous.cron: expression must name a date that comes, not ${Formatter.format(expression)}`
    )
  }
  return { _tag: "Cron", expression, zone: zone.id, tickAfter: (instant) => cronTickAfter(times, instant) }
}
