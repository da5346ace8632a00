import type { BodyPool } from "./BodyPool.ts"
import type { EncodedEvent } from "./EventEncoder.ts"
import { Fifo } from "./Fifo.ts"
import { JsonQueue } from "./JsonQueue.ts"
import { type BatchLimits, bytesBetween, type Content, fitting, type Sized } from "./split.ts"

/** An event's JSON in the two parts produced by `EventEncoder`. */
export type EncodedJson = Pick<Extract<EncodedEvent, { readonly kind: "Encoded" }>, "json" | "tail">

/** Encoded events waiting for their batch, oldest first. Tracks their number and bytes; no clock, no IO. */
export class EventBuffer<I extends Sized> {
  readonly #items = new Fifo<I>()
  readonly #json: JsonQueue
  #bytes = 0

  constructor(bodies: BodyPool) {
    this.#json = new JsonQueue(bodies)
  }

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

  /** Writes an event and returns its bytes. Follow with `push`, or with `unwrite` if it should not wait after all. */
  write({ json, tail }: EncodedJson): number {
    return this.#json.write(json, tail)
  }

  unwrite(bytes: number): void {
    this.#json.unwrite(bytes)
  }

  /** Queues the event written last. */
  push(item: I): void {
    this.#items.push(item)
    this.#bytes += item.bytes
  }

  /** Drops and returns the oldest event. */
  dropOldest(): I | undefined {
    const item = this.#shift()
    if (item !== undefined) this.#json.drop(item.bytes)
    return item
  }

  #shift(): I | undefined {
    const item = this.#items.shift()
    this.#bytes -= item?.bytes ?? 0
    return item
  }

  /** Whether the next batch is complete: waiting longer could not make it any fuller. */
  isFull({ batchSize, maxBatchBytes }: BatchLimits): boolean {
    const { count } = this
    return count > 0 && (count >= batchSize || this.#bytes + bytesBetween(count) >= maxBatchBytes)
  }

  /** Takes the next batch: as many events as the limits allow, and at least one if there is any. */
  takeBatch(limits: BatchLimits): Content<I> {
    const before = this.#bytes
    const items: Array<I> = []
    for (let left = fitting(this.#items, limits); left > 0; left--) {
      const item = this.#shift()
      if (item !== undefined) items.push(item)
    }
    const bytes = before - this.#bytes + bytesBetween(items.length)
    return { items, json: items.length === 0 ? new Uint8Array() : this.#json.take(bytes) }
  }
}
