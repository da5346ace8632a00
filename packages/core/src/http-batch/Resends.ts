import type { Batch, Call } from "./Batch.ts"

const ordinalOf = ({ items: [first] }: Batch): number => first?.ordinal ?? 0

/** Batches that were sent before, or split from one that was. They go before fresh ones, each as soon as it may. */
export class Resends {
  #batches: Array<Batch> = []

  /** When the first of them may be sent, in milliseconds of a monotonic clock; `Infinity` if there are none. */
  get nextAt(): number {
    return Math.min(...this.#batches.map(({ notBefore = 0 }) => notBefore))
  }

  /** Removes and returns the next batch that may be sent now. */
  take(now: number): Batch | undefined {
    const next = this.#batches.find(({ notBefore = 0 }) => notBefore <= now)
    this.#batches = this.#batches.filter((batch) => batch !== next)
    return next
  }

  /** Puts batches at the front, in this order. */
  putFirst(batches: ReadonlyArray<Batch>): void {
    this.#batches = [...batches, ...this.#batches]
  }

  /** Returns a failed batch to its place in emission order, before the part that was split off behind it. */
  putBack(batch: Batch): void {
    const index = this.#batches.findIndex((other) => ordinalOf(other) > ordinalOf(batch))
    this.#batches.splice(index < 0 ? this.#batches.length : index, 0, batch)
  }

  /** Removes and returns the batches of one call, or all. */
  remove(call?: Call): ReadonlyArray<Batch> {
    const isMeant = (batch: Batch) => call === undefined || batch.call === call
    const removed = this.#batches.filter(isMeant)
    this.#batches = this.#batches.filter((batch) => !isMeant(batch))
    return removed
  }

  /** Ends all waits. */
  hurry(): void {
    this.#batches = this.#batches.map((batch) => ({ ...batch, notBefore: 0 }))
  }
}
