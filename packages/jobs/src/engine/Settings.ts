import { Context } from "effect"
import { type Redact, unredacted } from "../events/payload.ts"

/** What the runtime's options say, with their defaults. */
export interface SettingsShape {
  readonly redact: Redact
  /**
   * How long shutdown lets running handlers end before it interrupts them, and how long one that is interrupted, by
   * whomever, may take to end, milliseconds.
   */
  readonly gracePeriodMs: number
  /** How many alarms run at a time. */
  readonly alarmConcurrency: number
}

/** How long an attempt may run before its begin is committed apart from its outcome, milliseconds. */
export const mergeWindowMs = 20

/** How long shutdown waits for handlers that it has interrupted, when the grace period is longer, milliseconds. */
export const stopTimeoutMs = 3000

/** How long shutdown and `flush` wait for a tracker that is slow, milliseconds. */
export const drainTimeoutMs = 3000

export const Settings = Context.Reference<SettingsShape>("@durable-effect/jobs/Settings", {
  defaultValue: () => ({ redact: unredacted, gracePeriodMs: 10_000, alarmConcurrency: 64 })
})
