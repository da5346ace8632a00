import type { JobStep } from "./JobStep.ts"

/** A call with a `dedupeKey` whose run has begun: what its answer takes besides how that ends. */
export interface PendingCall {
  readonly action: string
  /** Whether the call has made the instance. */
  readonly created: boolean
  /** Events in the buffer that the call flushes; 0 where there is none. */
  readonly eventCount: number
}

/** The call that a step carries out, so that the run that it begins can be told to be its. */
export interface CurrentCall {
  readonly action: string
  /** Of the row that its answer is kept in. */
  readonly key: string
  readonly fingerprint: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Notes that the call of this step has begun what its answer waits for, so that a repeat finds it even if this process
 * dies. Answers those that wait with it from now on, by the rows of their answers; undefined when none do.
 */
export const notePending = (
  step: JobStep,
  others: ReadonlyArray<string> | undefined
): ReadonlyArray<string> | undefined => {
  const { call, record, stored } = step
  if (call === undefined) return others
  const { action, expiresAt, fingerprint, key } = call
  const pending: PendingCall = {
    action,
    created: stored === undefined,
    eventCount: record?.debounce?.eventCount ?? 0
  }
  step.entries.set(key, { value: JSON.stringify({ fingerprint, pending }), expiresAt })
  return [...new Set([...others ?? [], key])]
}
