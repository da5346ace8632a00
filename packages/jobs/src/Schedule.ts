import { Cron, DateTime, Duration, Formatter, Option, Result } from "effect"
import { cronTickAfter, type CronTimes } from "./execution/cronTicks.ts"

/** Ticks at an interval. */
export interface Every {
  readonly _tag: "Every"
  readonly intervalMs: number
  readonly mode: "fixedRate" | "fixedDelay"
}

/** Ticks at times of a zone's clocks. */
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
 * What becomes of ticks that were missed, as no process was up or a run took longer than until the next tick: none of
 * them runs (`skip`), one run stands for all of them (`latest`), or each has its run, one after the other (`all`).
 */
export type CatchUp = "skip" | "latest" | "all"

const catchUps: ReadonlyArray<CatchUp> = ["skip", "latest", "all"]

/** Throws a RangeError when it is none of the three. */
export const catchUpOption = (given: CatchUp = "latest"): CatchUp => {
  if (catchUps.includes(given)) return given
  throw new RangeError(`catchUp must be "skip", "latest" or "all", not ${Formatter.format(given)}`)
}

/**
 * Every so often, counted from the start of the instance (`fixedRate`, the default) or from the end of each run
 * (`fixedDelay`). `catchUp` says what becomes of ticks at a fixed rate that are missed; with a fixed delay none is.
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
  const refuse = (problem: string) =>
    new RangeError(
      "Continuous.cron: expression must have the fields minute, hour, day of month, month and day of week, as in " +
        `"0 9 * * MON-FRI", or these after seconds, not ${Formatter.format(expression)}: ${problem}`
    )
  if (typeof expression !== "string") throw refuse("it is no text")
  const parsed = Cron.parse(expression, "UTC")
  if (Result.isFailure(parsed)) {
    const { input, message } = parsed.failure
    throw refuse(input === undefined || input === expression ? message : `${message}, not ${Formatter.format(input)}`)
  }
  const shown = parsed.success
  const hours = expression.trim().split(/\s+/).at(-4) ?? ""
  return { shown, zone, everyHour: hours.startsWith("*") || shown.hours.size === 24 }
}

/**
 * At times of a zone's clocks, written as cron does: minute, hour, day of month, month and day of week, with seconds
 * before them when there are six fields. Lists, ranges, steps and names of months and days are known; when both days
 * are restricted, either will do.
 *
 * Where clocks are set forward, a time that they leave out runs as late as if they had not been (02:30 at 03:30). Where
 * they are set back, a time that they show twice runs the first time; it runs both times when the hour field begins with
 * `*` (or names all hours).
 *
 * Throws a RangeError when the expression or the zone cannot be read, or the expression names a date that never comes.
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
