import type { RetryPolicy } from "../RetryPolicy.ts"
import { lastInstant } from "./lastInstant.ts"

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

/**
 * Whether it is too late for another attempt. The time counts from the start of the first; exactly on time is not too
 * late.
 */
export const isOverdue = (policy: RetryPolicy | undefined, firstAttemptAt: number, now: number): boolean =>
  policy?.maxDurationMs !== undefined && now - firstAttemptAt > policy.maxDurationMs

/** A backoff may be user code: whatever it returns, the result is a delay that ends within the range of dates. */
const waitAfter = ({ backoff, jitter }: RetryPolicy, { attempt, now, random }: FailedAttempt): number => {
  try {
    const wait = backoff.delayMs(attempt) * (jitter ? 0.5 + random / 2 : 1)
    return Number.isNaN(wait) ? 0 : Math.round(Math.max(0, Math.min(wait, lastInstant - now)))
  } catch {
    return 0
  }
}

type NoRetry = Exclude<NextRetry, { readonly _tag: "Retry" }>

/** Why no attempt follows a failed one; undefined if one does. */
export const noRetry = (
  policy: RetryPolicy | undefined,
  failed: Omit<FailedAttempt, "random">
): NoRetry | undefined => {
  if (policy === undefined) return { _tag: "NoPolicy" }
  if (failed.attempt >= policy.maxAttempts) return { _tag: "Exhausted", reason: "maxAttempts" }
  return isOverdue(policy, failed.firstAttemptAt, failed.now)
    ? { _tag: "Exhausted", reason: "maxDuration" }
    : undefined
}

/** What follows a failed attempt. Jitter subtracts up to half of the delay. */
export const nextRetry = (policy: RetryPolicy | undefined, failed: FailedAttempt): NextRetry => {
  const none = noRetry(policy, failed)
  if (policy === undefined || none !== undefined) return none ?? { _tag: "NoPolicy" }
  const delayMs = waitAfter(policy, failed)
  return { _tag: "Retry", attempt: failed.attempt + 1, delayMs, retryAt: failed.now + delayMs }
}
