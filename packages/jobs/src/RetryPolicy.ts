import { type Duration, Predicate } from "effect"
import { Backoff } from "./Backoff.ts"
import { durationOption } from "./durationOption.ts"

/** When and how often a failed attempt is made again. Covers the whole cause: typed failure, defect and timeout. */
export interface RetryOptions {
  /** Attempts in all, the first included: 3 means one and two retries. */
  readonly maxAttempts: number
  /** The wait before the next attempt. A `Backoff` of your own that throws or answers no number makes it 0. */
  readonly delay: Duration.Input | Backoff
  /** Shortens each wait at random to between half and the whole of it. Default false. */
  readonly jitter?: boolean
  /** No attempt begins later than this after the begin of the first one; exactly on time it does. Default: no limit. */
  readonly maxDuration?: Duration.Input
  /** Longest time of one attempt; then it is interrupted and has failed. Default: no limit. */
  readonly timeout?: Duration.Input
}

/** No attempt is left: `terminate` purges the instance, `keep` leaves it as `failed` for `retry` or `discard`. */
export type OnExhausted = "terminate" | "keep"

/** The same, with its durations read. */
export interface RetryPolicy {
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly jitter: boolean
  readonly maxDurationMs: number | undefined
  readonly timeoutMs: number | undefined
}

const isBackoff = (delay: Duration.Input | Backoff): delay is Backoff => Predicate.isTagged(delay, "Backoff")

/** Throws a RangeError that names the option when one is out of range: at definition, not at the first failure. */
export const retryPolicy = (options: RetryOptions): RetryPolicy => {
  if (!Number.isSafeInteger(options.maxAttempts) || options.maxAttempts < 1) {
    throw new RangeError(`retry.maxAttempts must be a whole number from 1 on, not ${options.maxAttempts}`)
  }
  return {
    maxAttempts: options.maxAttempts,
    backoff: isBackoff(options.delay) ? options.delay : Backoff.fixed(durationOption("retry.delay", options.delay)),
    jitter: options.jitter ?? false,
    maxDurationMs: options.maxDuration === undefined
      ? undefined
      : durationOption("retry.maxDuration", options.maxDuration),
    timeoutMs: options.timeout === undefined ? undefined : durationOption("retry.timeout", options.timeout, 1)
  }
}
