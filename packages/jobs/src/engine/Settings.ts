import { Context } from "effect"
import { type Redact, unredacted } from "../events/payload.ts"

/** The runtime's options, with their defaults. */
export interface SettingsShape {
  readonly redact: Redact
  /**
   * How long shutdown lets running handlers continue before it interrupts them, and how long any interrupted handler
   * may take to end, milliseconds.
   */
  readonly gracePeriodMs: number
  /** Maximum number of alarms served concurrently. */
  readonly alarmConcurrency: number
}

/** How long an attempt may run before its start is committed separately from its outcome, milliseconds. */
export const mergeWindowMs = 20

/** How long shutdown waits for handlers that it has interrupted, if the grace period is longer, milliseconds. */
export const stopTimeoutMs = 3000

/** How long shutdown and `flush` wait for a slow tracker, milliseconds. */
export const drainTimeoutMs = 3000

export const Settings = Context.Reference<SettingsShape>("@durable-effect/jobs/Settings", {
  defaultValue: () => ({ redact: unredacted, gracePeriodMs: 10_000, alarmConcurrency: 64 })
})
