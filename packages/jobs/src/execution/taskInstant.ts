import { Clock, Duration, Effect, Formatter, Option, Schema } from "effect"
import { lastInstant } from "./lastInstant.ts"

/** A duration from now, as text or object, or an instant: a `Date` or epoch milliseconds. */
export type TaskInstant = Exclude<Duration.Input, number | bigint | ReadonlyArray<number>> | Date | number

/** The argument of `ctx.schedule` is not a valid time. Nothing was scheduled. */
export class InvalidInstant extends Schema.TaggedError<InvalidInstant>()("InvalidInstant", {
  /** The argument, as text. */
  given: Schema.String
}) {
  override get message() {
    return "ctx.schedule takes a duration such as \"5 minutes\", a Date, or epoch milliseconds, finite and not negative, " +
      `not ${this.given}`
  }
}

const millisOf = (duration: Exclude<TaskInstant, Date | number>): number =>
  Option.match(Duration.fromInput(duration), { onNone: () => Number.NaN, onSome: Duration.toMillis })

const isUsable = (millis: number) => Number.isFinite(millis) && millis >= 0

/** Epoch milliseconds; NaN if it is not an instant. */
const read = (when: TaskInstant, now: number): number => {
  if (typeof when === "number") return when
  if (when instanceof Date) return when.getTime()
  const delayMs = typeof when === "string" || typeof when === "object" && when !== null ? millisOf(when) : Number.NaN
  return isUsable(delayMs) ? now + delayMs : Number.NaN
}

/**
 * Epoch milliseconds, rounded up to an integer, since no alarm may ring early; undefined if it is not an instant.
 * Instants after the last one that events can express become that one; past ones are due immediately.
 */
export const taskInstant = (when: TaskInstant, now: number): number | undefined => {
  const at = read(when, now)
  return isUsable(at) ? Math.min(Math.ceil(at), lastInstant) : undefined
}

export const readInstant = (when: TaskInstant): Effect.Effect<number, InvalidInstant> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const at = taskInstant(when, now)
    if (at !== undefined) return Effect.succeed(at)
    return Effect.fail(new InvalidInstant({ given: when instanceof Date ? String(when) : Formatter.format(when) }))
  })
