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
