import type { LossReason, TrackerStats } from "../EventTracker.ts"
import type { TrackerLoss } from "./HttpBatchTrackerConfig.ts"

/** Most ids that one report of lost events names. */
const maxReportedIds = 100

/** Counts what became of every event, so that always `emitted = delivered + pending + lost`, and gathers reports of losses. */
export class Ledger {
  emitted = 0
  delivered = 0
  duplicates = 0
  retries = 0
  splits = 0
  /** Events sent at least once. */
  sent = 0
  /** Of those, the ones that closing gave up. */
  cutOff = 0
  /** Events given to `emit` whose fate is open. */
  held = 0
  /** Events given to `deliver` whose fate is open. */
  handed = 0
  /** Events lost so far, whatever the reason. */
  losses = 0
  readonly #lost = new Map<LossReason, number>()
  readonly #reports = new Map<
    LossReason,
    { count: number; readonly eventIds: Array<string>; readonly detail: string }
  >()

  get pending(): number {
    return this.held + this.handed
  }

  get lost(): Readonly<Partial<Record<LossReason, number>>> {
    return Object.fromEntries(this.#lost)
  }

  lostBy(reason: LossReason): number {
    return this.#lost.get(reason) ?? 0
  }

  /** Counts a lost event. What `sample` leaves out is wanted, so nobody is told of it. */
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

  /** Reasons for which something was lost that nobody was told of. */
  get reasonsToReport(): ReadonlyArray<LossReason> {
    return [...this.#reports.keys()]
  }

  /** What was lost for a reason since its last report. */
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
