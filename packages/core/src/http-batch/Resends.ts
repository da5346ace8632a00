import type { Batch, Call } from "./Batch.ts"

const ordinalOf = ({ items: [first] }: Batch): number => first?.ordinal ?? 0

/** Batches that were sent before, or cut out of one that was. They go before fresh ones, each as soon as it may. */
export class Resends {
  #batches: Array<Batch> = []

  /** When the first of them may go, in milliseconds of a monotonic clock; `Infinity` when there is none. */
  get nextAt(): number {
    return Math.min(...this.#batches.map(({ notBefore = 0 }) => notBefore))
  }

  /** The next batch that may go now. */
  take(now: number): Batch | undefined {
    const next = this.#batches.find(({ notBefore = 0 }) => notBefore <= now)
    this.#batches = this.#batches.filter((batch) => batch !== next)
    return next
  }

  /** These go first, in this order. */
  putFirst(batches: ReadonlyArray<Batch>): void {
    this.#batches = [...batches, ...this.#batches]
  }

  /** What failed goes back to its place in the order of emission, before what was cut off behind it. */
  putBack(batch: Batch): void {
    const index = this.#batches.findIndex((other) => ordinalOf(other) > ordinalOf(batch))
    this.#batches.splice(index < 0 ? this.#batches.length : index, 0, batch)
  }

  /** Takes out what is of one call, or everything. */
  withdraw(call?: Call): ReadonlyArray<Batch> {
    const isMeant = (batch: Batch) => call === undefined || batch.call === call
    const withdrawn = this.#batches.filter(isMeant)
    this.#batches = this.#batches.filter((batch) => !isMeant(batch))
    return withdrawn
  }

  /** Nobody waits any longer. */
  hurry(): void {
    this.#batches = this.#batches.map((batch) => ({ ...batch, notBefore: 0 }))
  }
}
