import { Context } from "effect"
import { type Redact, unredacted } from "../events/payload.ts"

/** What the runtime's options say, with their defaults. */
export interface SettingsShape {
  readonly redact: Redact
  /** How long shutdown lets running handlers end before it interrupts them, milliseconds. */
  readonly gracePeriodMs: number
  /** How many alarms run at a time. */
  readonly alarmConcurrency: number
}

/** How long an attempt may run before its begin is committed apart from its outcome, milliseconds. */
export const mergeWindowMs = 20

/** How long shutdown and `flush` wait for a tracker that is slow, milliseconds. */
export const drainTimeoutMs = 3000

export const Settings = Context.Reference<SettingsShape>("@durable-effect/jobs/Settings", {
  defaultValue: () => ({ redact: unredacted, gracePeriodMs: 10_000, alarmConcurrency: 64 })
})
