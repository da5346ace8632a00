import type { Batch, Call } from "./Batch.ts"
import type { Handover } from "./Handover.ts"
import { Resends } from "./Resends.ts"
import type { BatchLimits } from "./split.ts"

/** What calls of `deliver` have to be sent: their events, and single ones of them that are tried once more at the end. */
export class Handovers {
  #waiting: Array<Handover> = []
  readonly #putOff = new Resends()

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#putOff.nextAt === Infinity
  }

  add(handover: Handover): void {
    this.#waiting.push(handover)
  }

  /** Sends a batch of one event after the others of its call. */
  putOff(batch: Batch): void {
    this.#putOff.putBack(batch)
  }

  /** The next batch. Calls take turns, so that a small one does not wait for a large one's end. */
  take(limits: BatchLimits): Batch | undefined {
    for (let handover = this.#waiting.shift(); handover !== undefined; handover = this.#waiting.shift()) {
      const batch = handover.take(limits)
      if (!handover.isTaken) this.#waiting.push(handover)
      if (batch !== undefined) return batch
    }
    return this.#putOff.take(Infinity)
  }

  /** Takes out what is of one call, or of all, and gives back what is not in batches yet; answers the batches. */
  withdraw(call?: Call): ReadonlyArray<Batch> {
    this.#waiting = this.#waiting.filter((handover) => {
      if (call !== undefined && handover !== call) return true
      handover.giveBack()
      return false
    })
    return this.#putOff.withdraw(call)
  }
}
