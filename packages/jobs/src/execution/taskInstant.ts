import { Clock, Duration, Effect, Formatter, Option, Schema } from "effect"
import { lastInstant } from "./lastInstant.ts"

/** A duration from now on, as text or object, or an instant: a `Date`, or a number of epoch milliseconds. */
export type TaskInstant = Exclude<Duration.Input, number | bigint | ReadonlyArray<number>> | Date | number

/** What a handler gave to `ctx.schedule` is no instant. Nothing was scheduled. */
export class InvalidInstant extends Schema.TaggedError<InvalidInstant>()("InvalidInstant", {
  /** What was given, as text. */
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

/** Epoch milliseconds; NaN for what is no instant. */
const read = (when: TaskInstant, now: number): number => {
  if (typeof when === "number") return when
  if (when instanceof Date) return when.getTime()
  const delayMs = typeof when === "string" || typeof when === "object" && when !== null ? millisOf(when) : Number.NaN
  return isUsable(delayMs) ? now + delayMs : Number.NaN
}

/**
 * Epoch milliseconds, whole ones, since no alarm may ring early; undefined for what is no instant. One after the last that
 * events can tell is that one; one that has passed is due at once.
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
