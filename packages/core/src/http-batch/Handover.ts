import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { DeliveryVerdict } from "../EventTracker.ts"
import type { Batch, Item } from "./Batch.ts"
import type { BodyPool } from "./BodyPool.ts"
import { EventBuffer } from "./buffer.ts"
import type { EventEncoder } from "./EventEncoder.ts"
import type { Ledger } from "./Ledger.ts"
import type { BatchLimits } from "./split.ts"

/**
 * The events of one call of `deliver`. They stay the caller's until a request has room for them: only then they are
 * encoded, so that what a call holds is bounded by the requests under way.
 */
export class Handover {
  /** What its batches are known by. */
  readonly call = Symbol("deliver")
  /** By index of the event. */
  readonly verdicts: Array<DeliveryVerdict>
  readonly #events: ReadonlyArray<BaseTrackingEvent>
  readonly #encoder: EventEncoder
  readonly #ledger: Ledger
  readonly #traceparent: string | undefined
  readonly #done: () => void
  readonly #buffer: EventBuffer<Item>
  /** Index of the next event to encode. */
  #next = 0
  /** Events without a verdict. */
  #open: number

  constructor(parts: {
    readonly events: ReadonlyArray<BaseTrackingEvent>
    readonly encoder: EventEncoder
    readonly ledger: Ledger
    readonly bodies: BodyPool
    readonly traceparent: string | undefined
    /** Called when every event has its verdict. */
    readonly done: () => void
  }) {
    this.#events = parts.events
    this.#encoder = parts.encoder
    this.#ledger = parts.ledger
    this.#buffer = new EventBuffer(parts.bodies)
    this.#traceparent = parts.traceparent
    this.#done = parts.done
    this.#open = parts.events.length
    this.verdicts = parts.events.map(() => "retryLater")
    this.#ledger.emitted += this.#open
    this.#ledger.handed += this.#open
  }

  /** Whether all of its events are in batches, or have met their fate. */
  get isTaken(): boolean {
    return this.#next === this.#events.length && this.#buffer.count === 0
  }

  /** The next batch, as full as the limits allow; none when what was left could not be encoded. */
  take(limits: BatchLimits): Batch | undefined {
    while (this.#next < this.#events.length && !this.#buffer.isFull(limits)) this.#encodeNext()
    if (this.#buffer.count === 0) return undefined
    return { ...this.#buffer.takeBatch(limits), attempts: 0, call: this.call, traceparent: this.#traceparent }
  }

  #encodeNext(): void {
    const index = this.#next
    this.#next += 1
    const encoded = this.#encoder.encode(this.#events[index])
    if (encoded.kind === "Unencodable") {
      this.#ledger.handed -= 1
      this.#ledger.lose("unencodable", encoded.eventId, encoded.detail)
      return this.#answer(index, "rejected")
    }
    const answer = (verdict: DeliveryVerdict) => this.#answer(index, verdict)
    const bytes = this.#buffer.write(encoded)
    const traceparent = this.#traceparent
    this.#buffer.push({ eventId: encoded.eventId, bytes, acceptedAt: 0, ordinal: 0, traceparent, answer })
  }

  #answer(index: number, verdict: DeliveryVerdict): void {
    this.verdicts[index] = verdict
    this.#open -= 1
    if (this.#open === 0) this.#done()
  }

  /** Gives all events back that are not in batches. */
  giveBack(): void {
    const back = this.#events.length - this.#next
    this.#ledger.emitted -= back + this.#buffer.count
    this.#ledger.handed -= back + this.#buffer.count
    for (let item = this.#buffer.dropOldest(); item !== undefined; item = this.#buffer.dropOldest()) {
      item.answer?.("retryLater")
    }
    while (this.#next < this.#events.length) {
      const index = this.#next
      this.#next += 1
      this.#answer(index, "retryLater")
    }
  }
}
