import type { JobStep } from "./JobStep.ts"

/** A call with a `dedupeKey` whose run has begun: what its answer needs besides the run's end. */
export interface PendingCall {
  readonly action: string
  /** Whether the call created the instance. */
  readonly created: boolean
  /** Number of events in the buffer flushed by the call; 0 if there is none. */
  readonly eventCount: number
}

/** The call that a step carries out, so that the run it begins can be attributed to it. */
export interface CurrentCall {
  readonly action: string
  /** Key of the row that stores its answer. */
  readonly key: string
  readonly fingerprint: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Records that the call of this step has begun what its answer waits for, so that a repeat finds it even if this
 * process dies. Returns the row keys of all calls waiting for the same end; undefined if there are none.
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
