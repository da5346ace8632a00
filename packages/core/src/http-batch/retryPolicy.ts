/** How often and how patiently a request is sent again. */
export interface RetryPolicy {
  /** Most times that one batch is sent, the first one included. */
  readonly attempts: number
  readonly baseMs: number
  readonly maxMs: number
  readonly jitter: "full" | "none"
}

/**
 * What a status line says about the batch: it is stored, it may be tried again, it holds something that the endpoint
 * cannot take, or the endpoint does not want to talk to us at all.
 */
export type Outcome = "acknowledged" | "retry" | "split" | "refused"

export const outcomeOf = (status: number): Outcome => {
  if (status >= 200 && status < 300) return "acknowledged"
  if (status === 408 || status === 429 || status >= 500) return "retry"
  if (status === 400 || status === 413 || status === 422) return "split"
  return "refused"
}

/** Nobody waits longer than an hour because of one header. */
const maxRetryAfterMs = 3_600_000

/** `Retry-After` in milliseconds from `nowMs` (epoch) on: a number of seconds or an HTTP date. */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined) return undefined
  const text = header.trim()
  const delay = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), maxRetryAfterMs)
}

/** While the tracker closes, what is left of its time is short and nobody comes after. */
export const hurried = (policy: RetryPolicy): RetryPolicy => ({
  ...policy,
  baseMs: Math.min(policy.baseMs, 50),
  maxMs: Math.min(policy.maxMs, 500)
})

/** The pause after the `failures`-th failure in a row. `random` is in [0, 1): full jitter spreads clients evenly. */
export const backoffMs = (failures: number, policy: RetryPolicy, random: number): number => {
  const ceiling = Math.min(policy.maxMs, policy.baseMs * 2 ** (failures - 1))
  return policy.jitter === "full" ? ceiling * random : ceiling
}

/**
 * One gate for all requests of a tracker. It is shut for a while after a failure or by `Retry-After`; until a request
 * succeeds it lets one at a time through, so that an endpoint that comes back is not run over.
 */
export interface Gate {
  /** Failures in a row. Requests that were under way together count as one. */
  readonly failures: number
  /** Instants of a monotonic clock, milliseconds. */
  readonly backoffUntil: number
  readonly retryAfterUntil: number
}

export const openGate: Gate = { failures: 0, backoffUntil: 0, retryAfterUntil: 0 }

export interface Failure {
  readonly now: number
  /** `failures` of the gate when the request was sent. */
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

/** A success opens the gate, except that another request may have been told to wait. */
export const afterSuccess = (gate: Gate): Gate => ({ ...openGate, retryAfterUntil: gate.retryAfterUntil })

/** When the gate opens. */
export const opensAt = (gate: Gate): number => Math.max(gate.backoffUntil, gate.retryAfterUntil)

/** How many requests may be under way at once. */
export const permits = (gate: Gate, concurrency: number): number => gate.failures > 0 ? 1 : concurrency
