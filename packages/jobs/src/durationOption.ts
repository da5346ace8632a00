import { Duration } from "effect"

/** A duration in milliseconds; throws a RangeError that names the option unless it is finite and not less than `min`. */
export const durationOption = (option: string, input: Duration.Input, min: 0 | 1 = 0): number => {
  // A NaN would pass for zero.
  const millis = Number.isNaN(input) ? Number.NaN : Duration.toMillis(input)
  if (Number.isFinite(millis) && millis >= min) return millis
  throw new RangeError(`${option} must be a finite duration of at least ${min} ms, not ${millis} ms`)
}
