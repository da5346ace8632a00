import type { LossReason, TrackerStats } from "../EventTracker.ts"
import type { TrackerLoss } from "./HttpBatchTrackerConfig.ts"

/** Maximum number of ids in one loss report. */
const maxReportedIds = 100

/**
 * Counts the outcome of every event, so that `emitted = delivered + pending + lost` always holds, and collects loss
 * reports.
 */
export class Ledger {
  emitted = 0
  delivered = 0
  duplicates = 0
  retries = 0
  splits = 0
  /** Events sent at least once. */
  sent = 0
  /** Sent events that were abandoned on close. */
  cutOff = 0
  /** Events passed to `emit` without an outcome yet. */
  held = 0
  /** Events passed to `deliver` without a verdict yet. */
  delivering = 0
  /** Events lost so far, for any reason. */
  losses = 0
  readonly #lost = new Map<LossReason, number>()
  readonly #reports = new Map<
    LossReason,
    { count: number; readonly eventIds: Array<string>; readonly detail: string }
  >()

  get pending(): number {
    return this.held + this.delivering
  }

  get lost(): Readonly<Partial<Record<LossReason, number>>> {
    return Object.fromEntries(this.#lost)
  }

  lostBy(reason: LossReason): number {
    return this.#lost.get(reason) ?? 0
  }

  /** Counts a lost event. Sampled events are left out intentionally, so they are not reported. */
  lose(reason: LossReason, eventId: string, detail: string): void {
    this.losses += 1
    this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + 1)
    if (reason === "sampled") return
    const report = this.#reports.get(reason)
    if (report === undefined) this.#reports.set(reason, { count: 1, eventIds: [eventId], detail })
    else {
      report.count += 1
      if (report.eventIds.length < maxReportedIds) report.eventIds.push(eventId)
    }
  }

  /** Reasons with unreported losses. */
  get reasonsToReport(): ReadonlyArray<LossReason> {
    return [...this.#reports.keys()]
  }

  /** Removes and returns what was lost for a reason since its last report. */
  takeReport(reason: LossReason): TrackerLoss | undefined {
    const report = this.#reports.get(reason)
    this.#reports.delete(reason)
    return report === undefined ? undefined : { reason, ...report }
  }

  stats(): TrackerStats {
    const { delivered, duplicates, emitted, lost, pending, retries, splits } = this
    return { emitted, delivered, duplicates, pending, lost, retries, splits }
  }
}
