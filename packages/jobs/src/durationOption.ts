import { Duration, Formatter, Option } from "effect"

/** A duration in milliseconds; throws a RangeError naming the option unless it is finite and at least `min`. */
export const durationOption = (option: string, input: Duration.Input, min: 0 | 1 = 0): number => {
  const duration = Duration.fromInput(input)
  // NaN would be read as zero.
  const millis = Number.isNaN(input)
    ? Number.NaN
    : Option.match(duration, { onNone: () => undefined, onSome: Duration.toMillis })
  if (millis !== undefined && Number.isFinite(millis) && millis >= min) return millis
  const given = millis === undefined ? Formatter.format(input) : `${millis} ms`
  throw new RangeError(`${option} must be a finite duration of at least ${min} ms, not ${given}`)
}
