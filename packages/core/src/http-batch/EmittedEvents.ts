import type { Batch, Item } from "./Batch.ts"
import type { BodyPool } from "./BodyPool.ts"
import { type EncodedJson, EventBuffer } from "./buffer.ts"
import type { Fates } from "./Fates.ts"
import type { Options } from "./options.ts"
import type { BatchLimits } from "./split.ts"

/**
 * The events passed to `emit` that wait for their first batch: how many bytes of them are held, and when they are due.
 * Times are milliseconds of a monotonic clock.
 */
export class EmittedEvents {
  readonly #options: Options
  readonly #fates: Fates
  readonly #buffer: EventBuffer<Item>
  /** Ordinal of the newest event that no longer waits for its batch to fill. */
  #flushUpTo = 0

  constructor(options: Options, fates: Fates, bodies: BodyPool) {
    this.#options = options
    this.#fates = fates
    this.#buffer = new EventBuffer(bodies)
  }

  /** Queues an encoded event, or loses one if it would exceed `maxPendingBytes`. */
  enqueue(event: EncodedJson & Omit<Item, "bytes" | "answer">): void {
    const { maxPendingBytes, overflow } = this.#options
    const { acceptedAt, eventId, ordinal, traceparent } = event
    const bytes = this.#buffer.write(event)
    while (this.#fates.heldBytes + bytes > maxPendingBytes) {
      const detail = `${maxPendingBytes} bytes are pending (maxPendingBytes)`
      // Bytes in flight stay held: if those alone leave no room, dropping queued events would achieve nothing.
      const canMakeRoom = overflow === "dropOldest" &&
        this.#fates.heldBytes - this.#buffer.bytes + bytes <= maxPendingBytes
      if (canMakeRoom && this.dropOldest(detail)) continue
      this.#buffer.unwrite(bytes)
      return this.#fates.lose(event, "overflow", detail)
    }
    this.#fates.heldBytes += bytes
    this.#buffer.push({ eventId, ordinal, acceptedAt, traceparent, bytes })
  }

  /** Drops the oldest event. Returns whether there was one. */
  dropOldest(detail: string): boolean {
    const oldest = this.#buffer.dropOldest()
    if (oldest === undefined) return false
    this.#fates.heldBytes -= oldest.bytes
    this.#fates.lose(oldest, "overflow", detail)
    return true
  }

  /** Makes all events up to this ordinal due now. */
  flush(upTo: number): void {
    this.#flushUpTo = Math.max(this.#flushUpTo, upTo)
  }

  /** Whether waiting longer could not make the next batch any fuller. */
  isFull(limits: BatchLimits): boolean {
    return this.#buffer.isFull(limits)
  }

  /** Whether the next batch is to be sent now, full or not. */
  isDue(now: number, limits: BatchLimits): boolean {
    const { oldest } = this.#buffer
    return oldest !== undefined && (
      oldest.ordinal <= this.#flushUpTo ||
      now >= this.dueAt ||
      this.#isPressed ||
      this.#buffer.isFull(limits)
    )
  }

  /** When the next batch is due even if it is not full; `Infinity` without events. */
  get dueAt(): number {
    return (this.#buffer.oldest?.acceptedAt ?? Infinity) + this.#options.flushIntervalMs
  }

  /**
   * Half of the allowed capacity is in use. Waiting for fuller batches would then lose events while the endpoint is
   * idle.
   */
  get #isPressed(): boolean {
    const { maxPending, maxPendingBytes } = this.#options
    return this.#fates.ledger.held * 2 >= maxPending || this.#fates.heldBytes * 2 >= maxPendingBytes
  }

  take(limits: BatchLimits): Batch {
    const content = this.#buffer.takeBatch(limits)
    return { ...content, attempts: 0, traceparent: content.items[0]?.traceparent }
  }

  /** Loses all of them. */
  abandon(detail: string): void {
    while (this.#buffer.count > 0) {
      const item = this.#buffer.dropOldest()
      if (item !== undefined) this.#fates.giveUp(item, "shutdown", detail)
    }
  }
}
