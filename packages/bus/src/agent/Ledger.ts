import type { LossReason, TrackerStats } from "@durable-effect/core"

/** Counts what became of events. Always `emitted = delivered + pending + lost`. */
export class Ledger {
  emitted = 0
  delivered = 0
  pending = 0
  retries = 0
  readonly #lost: Partial<Record<LossReason, number>> = {}

  /** Answers whether it is the first for this reason. */
  lose(reason: LossReason, count = 1): boolean {
    const before = this.#lost[reason] ?? 0
    this.#lost[reason] = before + count
    return before === 0
  }

  get stats(): TrackerStats {
    const { delivered, emitted, pending, retries } = this
    // The bus does not say which messages it knew already, and takes them one by one.
    return { emitted, delivered, duplicates: 0, pending, lost: { ...this.#lost }, retries, splits: 0 }
  }
}
