import type { Batch, Call } from "./Batch.ts"
import type { DeliverCall } from "./DeliverCall.ts"
import { Resends } from "./Resends.ts"
import type { BatchLimits } from "./split.ts"

/** What `deliver` calls have queued: their events, and single events that are retried at the end of their call. */
export class DeliverCalls {
  #waiting: Array<DeliverCall> = []
  readonly #postponed = new Resends()

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#postponed.nextAt === Infinity
  }

  add(call: DeliverCall): void {
    this.#waiting.push(call)
  }

  /** Sends a single-event batch after the others of its call. */
  postpone(batch: Batch): void {
    this.#postponed.putBack(batch)
  }

  /** The next batch. Calls take turns, so that a small one need not wait for a large one to finish. */
  take(limits: BatchLimits): Batch | undefined {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      const batch = call.take(limits)
      if (!call.isTaken) this.#waiting.push(call)
      if (batch !== undefined) return batch
    }
    return this.#postponed.take(Infinity)
  }

  /** Removes one call, or all, and returns unbatched events to their callers. Returns the batches removed. */
  remove(call?: Call): ReadonlyArray<Batch> {
    this.#waiting = this.#waiting.filter((other) => {
      if (call !== undefined && other !== call) return true
      other.returnRest()
      return false
    })
    return this.#postponed.remove(call)
  }
}
