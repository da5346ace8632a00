import type { PgProtocol } from "@effect/sql-pg"

const instantLength = "2026-01-11T10:00:00.000000Z".length

/** Days before each month of a year that begins in March, so that a leap day is its last. */
const daysBefore = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275]

/** Days from the first of March of the year 0 to PostgreSQL's epoch, 2000-01-01. */
const daysToEpoch = 730_425

/** The number that `count` digits of a text write, beginning at this place. */
const digits = (text: string, at: number, count: number): number => {
  let number = 0
  for (let i = at; i < at + count; i++) number = number * 10 + text.charCodeAt(i) - 48
  return number
}

/** Seconds from PostgreSQL's epoch to a canonical instant, without its fraction. */
const secondsOf = (instant: string): number => {
  const month = digits(instant, 5, 2)
  const year = digits(instant, 0, 4) - (month < 3 ? 1 : 0)
  const leapDays = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400)
  const days = year * 365 + leapDays + (daysBefore[month - 1] ?? 0) + digits(instant, 8, 2) - 1 - daysToEpoch
  return days * 86_400 + digits(instant, 11, 2) * 3600 + digits(instant, 14, 2) * 60 + digits(instant, 17, 2)
}

const word = 2 ** 32

/**
 * Writes a canonical instant (`2026-01-11T10:00:00.000000Z`) as PostgreSQL stores it: microseconds from its epoch, as a
 * 64-bit integer. PostgreSQL takes 0.4 µs to read one from text, and an event has five; the driver's own form of them
 * has milliseconds.
 */
export const writeInstant = (sink: PgProtocol.ValueSink, instant: string): void => {
  const seconds = secondsOf(instant)
  const fraction = digits(instant, 20, 6)
  const micros = seconds * 1_000_000 + fraction
  if (Number.isSafeInteger(micros)) {
    sink.int32(Math.floor(micros / word))
    sink.int32(micros)
  } else {
    sink.bigInt64(BigInt(seconds) * 1_000_000n + BigInt(fraction))
  }
}

/** Whether it has the form of a canonical instant. The driver refuses any other text, which nobody parses any more. */
export const isInstant = (value: unknown): value is string =>
  typeof value === "string" && value.length === instantLength && value.endsWith("Z")
