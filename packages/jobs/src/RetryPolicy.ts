import { type Duration, Predicate } from "effect"
import { Backoff } from "./Backoff.ts"
import { durationOption } from "./durationOption.ts"

/** When and how often a failed attempt is retried. Covers the whole cause: typed failure, defect and timeout. */
export interface RetryOptions {
  /** Total number of attempts, the first included: 3 means one attempt and two retries. */
  readonly maxAttempts: number
  /** The delay before the next attempt. If your own `Backoff` throws or returns no number, the delay is 0. */
  readonly delay: Duration.Input | Backoff
  /** Shortens each delay randomly to between half and all of it. Default false. */
  readonly jitter?: boolean
  /** No attempt begins later than this after the first one began; one exactly on time does. Default: no limit. */
  readonly maxDuration?: Duration.Input
  /** Maximum duration of one attempt, which is then interrupted and has failed. Default: no limit. */
  readonly timeout?: Duration.Input
}

/**
 * What happens when no attempts are left: `terminate` purges the instance, `keep` leaves it as `failed` for `retry` or
 * `discard`.
 */
export type OnExhausted = "terminate" | "keep"

/** `RetryOptions` with parsed durations. */
export interface RetryPolicy {
  readonly maxAttempts: number
  readonly backoff: Backoff
  readonly jitter: boolean
  readonly maxDurationMs: number | undefined
  readonly timeoutMs: number | undefined
}

const isBackoff = (delay: Duration.Input | Backoff): delay is Backoff => Predicate.isTagged(delay, "Backoff")

/** Throws a RangeError naming any option that is out of range: at definition, not at the first failure. */
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
