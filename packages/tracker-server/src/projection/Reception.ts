/** How an event was received, apart from its content. */
export interface Reception {
  /** When the server received it: UTC with six decimals. */
  readonly receivedAt: string
  /** The trace of the request that carried it, never used as the event's own. */
  readonly requestTraceId: string | null
}
