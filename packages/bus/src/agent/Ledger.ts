import type { LossReason, TrackerStats } from "@durable-effect/core"

/** Counts the outcomes of events. `emitted = delivered + pending + lost` always holds. */
export class Ledger {
  emitted = 0
  delivered = 0
  pending = 0
  retries = 0
  readonly #lost: Partial<Record<LossReason, number>> = {}

  /** Returns whether it is the first loss for this reason. */
  lose(reason: LossReason, count = 1): boolean {
    const before = this.#lost[reason] ?? 0
    this.#lost[reason] = before + count
    return before === 0
  }

  get stats(): TrackerStats {
    const { delivered, emitted, pending, retries } = this
    // The bus does not report duplicates, and accepts messages one by one.
    return { emitted, delivered, duplicates: 0, pending, lost: { ...this.#lost }, retries, splits: 0 }
  }
}
