import type { RetryPolicy } from "../RetryPolicy.ts"

export type NextRetry =
  | { readonly _tag: "NoPolicy" }
  | { readonly _tag: "Retry"; readonly attempt: number; readonly delayMs: number; readonly retryAt: number }
  | { readonly _tag: "Exhausted"; readonly reason: "maxAttempts" | "maxDuration" }

export interface FailedAttempt {
  /** The attempt that failed, 1-based. */
  readonly attempt: number
  readonly firstAttemptAt: number
  readonly now: number
  /** 0 ≤ random < 1 */
  readonly random: number
}

/** Whether the time for all attempts is over. It counts from the begin of the first one. */
export const isOverdue = (policy: RetryPolicy | undefined, firstAttemptAt: number, now: number): boolean =>
  policy?.maxDurationMs !== undefined && now - firstAttemptAt >= policy.maxDurationMs

/** What follows a failed attempt. Jitter takes off up to half of the wait. */
export const nextRetry = (policy: RetryPolicy | undefined, failed: FailedAttempt): NextRetry => {
  if (policy === undefined) return { _tag: "NoPolicy" }
  if (failed.attempt >= policy.maxAttempts) return { _tag: "Exhausted", reason: "maxAttempts" }
  if (isOverdue(policy, failed.firstAttemptAt, failed.now)) return { _tag: "Exhausted", reason: "maxDuration" }
  const wait = policy.backoff.delayMs(failed.attempt)
  const delayMs = Math.round(policy.jitter ? wait * (0.5 + failed.random / 2) : wait)
  return { _tag: "Retry", attempt: failed.attempt + 1, delayMs, retryAt: failed.now + delayMs }
}
