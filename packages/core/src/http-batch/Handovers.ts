import type { Batch } from "./Batch.ts"
import type { Handover } from "./Handover.ts"
import type { BatchLimits } from "./split.ts"

/** What calls of `deliver` have to be sent: their events, and single ones of them that are tried once more at the end. */
export class Handovers {
  #waiting: Array<Handover> = []
  #putOff: Array<Batch> = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#putOff.length === 0
  }

  has(call: symbol | undefined): boolean {
    return this.#waiting.some((handover) => handover.call === call) || this.#putOff.some((batch) => batch.call === call)
  }

  add(handover: Handover): void {
    this.#waiting.push(handover)
  }

  /** Sends a batch of one event after the others of its call. */
  putOff(batch: Batch): void {
    this.#putOff.push({ ...batch, isPutOff: true })
  }

  /** The next batch. Calls take turns, so that a small one does not wait for a large one's end. */
  take(limits: BatchLimits): Batch | undefined {
    for (let handover = this.#waiting.shift(); handover !== undefined; handover = this.#waiting.shift()) {
      const batch = handover.take(limits)
      if (!handover.isTaken) this.#waiting.push(handover)
      if (batch !== undefined) return batch
    }
    return this.#putOff.shift()
  }

  /** Takes out what is of one call, or of all, and gives back what is not in batches yet; answers the batches. */
  withdraw(call?: symbol): ReadonlyArray<Batch> {
    const isMeant = (one: { readonly call?: symbol }) => call === undefined || one.call === call
    this.#waiting.filter(isMeant).forEach((handover) => handover.giveBack())
    this.#waiting = this.#waiting.filter((handover) => !isMeant(handover))
    const batches = this.#putOff.filter(isMeant)
    this.#putOff = this.#putOff.filter((batch) => !isMeant(batch))
    return batches
  }
}
