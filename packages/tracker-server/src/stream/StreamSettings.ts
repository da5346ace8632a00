import { Context } from "effect"

export interface Settings {
  /** Maximum bytes queued for one reader before it is dropped. Default 4 MiB. */
  readonly maxWaitingBytes: number
  /** Maximum readers per server; any further one is answered 503. Default 5,000. */
  readonly maxReaders: number
  /** Heartbeat interval when nothing happens. Default 10 s. */
  readonly heartbeatMs: number
  /** How long a reader may leave queued messages unread. Default 60 s. */
  readonly patienceMs: number
  /** How often keys are looked up again. Default 2 s. */
  readonly keyCheckMs: number
  /** How often a tenant's new events are polled for without a hint. Default 2 s. */
  readonly pollMs: number
  /** Minimum interval between two reads: what arrives in between is sent together. Default 50 ms. */
  readonly pauseMs: number
}

export const standardSettings: Settings = {
  maxWaitingBytes: 4 * 1024 * 1024,
  maxReaders: 5_000,
  heartbeatMs: 10_000,
  patienceMs: 60_000,
  keyCheckMs: 2_000,
  pollMs: 2_000,
  pauseMs: 50
}

/** The settings of streams. */
export const StreamSettings = Context.Reference<Settings>("@durable-effect/tracker-server/StreamSettings", {
  defaultValue: () => standardSettings
})
