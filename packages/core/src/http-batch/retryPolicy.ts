/** How often and after which pauses a request is retried. */
export interface RetryPolicy {
  /** Maximum number of attempts per batch, the first included. */
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
  readonly jitter: "full" | "none"
}

/**
 * What a status means for the batch: it is stored, it may be retried, it contains something that the endpoint cannot
 * accept, or the endpoint does not accept us at all.
 */
export type Outcome = "acknowledged" | "retry" | "split" | "refused"

export const outcomeOf = (status: number): Outcome => {
  if (status >= 200 && status < 300) return "acknowledged"
  if (status === 408 || status === 429 || status >= 500) return "retry"
  if (status === 400 || status === 413 || status === 422) return "split"
  return "refused"
}

/** No header makes the tracker wait longer than an hour. */
const maxRetryAfterMs = 3_600_000

/** `Retry-After` (seconds or an HTTP date) in milliseconds from `nowMs` (epoch). */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined) return undefined
  const text = header.trim()
  const delay = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), maxRetryAfterMs)
}

/** For shutdown, when little time is left and nobody retries later. */
export const hurried = (policy: RetryPolicy): RetryPolicy => ({
  ...policy,
  baseMs: Math.min(policy.baseMs, 50),
  maxMs: Math.min(policy.maxMs, 500)
})

/** The pause after the `failures`-th consecutive failure. `random` is in [0, 1): full jitter spreads clients evenly. */
export const backoffMs = (failures: number, policy: RetryPolicy, random: number): number => {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** (failures - 1))
  return policy.jitter === "full" ? ceiling * random : ceiling
}

/**
 * The gate for all requests of a tracker. A failure or `Retry-After` closes it for a while; after a failure it lets one
 * request through at a time until one succeeds, so that a recovering endpoint is not overrun.
 */
export interface Gate {
  /** Consecutive failures. Requests that were in flight together count as one. */
  readonly failures: number
  /** Instants of a monotonic clock, milliseconds. */
  readonly backoffUntil: number
  readonly retryAfterUntil: number
}

export const openGate: Gate = { failures: 0, backoffUntil: 0, retryAfterUntil: 0 }

export interface Failure {
  readonly now: number
  /** The gate's `failures` when the request was sent. */
  readonly failuresAtSend: number
  readonly retryAfterMs: number | undefined
  readonly random: number
}

export const afterFailure = (gate: Gate, failure: Failure, policy: RetryPolicy): Gate => {
  const isNews = gate.failures === 0 || gate.failures === failure.failuresAtSend
  const failures = isNews ? gate.failures + 1 : gate.failures
  return {
    failures,
    backoffUntil: isNews ? failure.now + backoffMs(failures, policy, failure.random) : gate.backoffUntil,
    retryAfterUntil: failure.retryAfterMs === undefined
      ? gate.retryAfterUntil
      : Math.max(gate.retryAfterUntil, failure.now + failure.retryAfterMs)
  }
}

/** A success opens the gate, but keeps a `Retry-After` that another request may have received. */
export const afterSuccess = (gate: Gate): Gate => ({ ...openGate, retryAfterUntil: gate.retryAfterUntil })

/** When the gate opens. */
export const opensAt = (gate: Gate): number => Math.max(gate.backoffUntil, gate.retryAfterUntil)

/** Maximum number of concurrent requests. */
export const permits = (gate: Gate, concurrency: number): number => gate.failures > 0 ? 1 : concurrency
