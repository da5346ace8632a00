import type { Batch, Call } from "./Batch.ts"
import type { Handover } from "./Handover.ts"
import { Resends } from "./Resends.ts"
import type { BatchLimits } from "./split.ts"

/** What `deliver` calls have queued: their events, and single events that are retried at the end of their call. */
export class Handovers {
  #waiting: Array<Handover> = []
  readonly #putOff = new Resends()

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#putOff.nextAt === Infinity
  }

  add(handover: Handover): void {
    this.#waiting.push(handover)
  }

  /** Sends a single-event batch after the others of its call. */
  putOff(batch: Batch): void {
    this.#putOff.putBack(batch)
  }

  /** The next batch. Calls take turns, so that a small one need not wait for a large one to finish. */
  take(limits: BatchLimits): Batch | undefined {
    for (let handover = this.#waiting.shift(); handover !== undefined; handover = this.#waiting.shift()) {
      const batch = handover.take(limits)
      if (!handover.isTaken) this.#waiting.push(handover)
      if (batch !== undefined) return batch
    }
    return this.#putOff.take(Infinity)
  }

  /** Removes one call, or all, and returns unbatched events to their callers. Returns the batches removed. */
  withdraw(call?: Call): ReadonlyArray<Batch> {
    this.#waiting = this.#waiting.filter((handover) => {
      if (call !== undefined && handover !== call) return true
      handover.giveBack()
      return false
    })
    return this.#putOff.withdraw(call)
  }
}
