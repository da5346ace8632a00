import { Context } from "effect"

export interface Settings {
  /** Bytes that wait for one reader before it is dropped. Default 4 MiB. */
  readonly maxWaitingBytes: number
  /** Readers of one server; the next is answered 503. Default 5,000. */
  readonly maxReaders: number
  /** How often a reader hears something when nothing happens. Default 10 s. */
  readonly heartbeatMs: number
  /** How long a reader may take nothing of what there is for it. Default 60 s. */
  readonly patienceMs: number
  /** How often keys are looked up again. Default 2 s. */
  readonly keyCheckMs: number
  /** How soon a tenant's new events are looked for without a hint. Default 2 s. */
  readonly pollMs: number
  /** The least time between two looks: what comes meanwhile is sent together. Default 50 ms. */
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

/** How streams behave. */
export const StreamSettings = Context.Reference<Settings>("@durable-effect/tracker-server/StreamSettings", {
  defaultValue: () => standardSettings
})
