import { Fifo } from "./Fifo.ts"
import { type BatchLimits, fitting, separatorBytes, type Sized } from "./split.ts"

/** Encoded events that wait for their batch, oldest first. Knows their number and their bytes; no clock, no IO. */
export class EventBuffer<I extends Sized> {
  readonly #items = new Fifo<I>()
  #bytes = 0

  get count(): number {
    return this.#items.length
  }

  /** Bytes of UTF-8 that the waiting events take. */
  get bytes(): number {
    return this.#bytes
  }

  get oldest(): I | undefined {
    return this.#items.oldest
  }

  push(item: I): void {
    this.#items.push(item)
    this.#bytes += item.bytes
  }

  /** Gives up the oldest event. */
  dropOldest(): I | undefined {
    const item = this.#items.shift()
    this.#bytes -= item?.bytes ?? 0
    return item
  }

  /** Whether waiting longer could not make the next batch any fuller. */
  isFull(limits: BatchLimits): boolean {
    return this.count >= limits.batchSize ||
      this.#bytes + (this.count - 1) * separatorBytes >= limits.maxBatchBytes
  }

  /** Takes the next batch: at least one event when there is any, else as many as the limits allow. */
  takeBatch(limits: BatchLimits): ReadonlyArray<I> {
    const batch: Array<I> = []
    for (let left = fitting(this.#items, limits); left > 0; left--) {
      const item = this.dropOldest()
      if (item !== undefined) batch.push(item)
    }
    return batch
  }
}
