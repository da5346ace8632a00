/** How an event came, apart from what it says. */
export interface Reception {
  /** When the server had it: UTC with six decimals. */
  readonly receivedAt: string
  /** The trace of the request that brought it, never taken for the event's own. */
  readonly requestTraceId: string | null
}
