import type { DeliveryVerdict } from "../EventTracker.ts"
import type { Batch, Call, Item } from "./Batch.ts"
import type { BodyPool } from "./BodyPool.ts"
import { EventBuffer } from "./buffer.ts"
import type { EncodedEvent } from "./EventEncoder.ts"
import type { Ledger } from "./Ledger.ts"
import type { BatchLimits } from "./split.ts"

/** The parts of a `deliver` call. */
interface Parts {
  readonly count: number
  /** Encodes one of the events in its wire form; called once per event. */
  readonly encode: (index: number) => EncodedEvent
  readonly ledger: Ledger
  readonly bodies: BodyPool
  readonly traceparent: string | undefined
  /** Called when every event has a verdict. */
  readonly done: () => void
}

/**
 * The events of one `deliver` call. They are encoded only when a request has room for them, so the memory a call holds
 * is bounded by the requests in flight.
 */
export class Handover implements Call {
  open: number
  isOver = false
  suspectedAt = -1
  /** By event index. */
  readonly verdicts: Array<DeliveryVerdict>
  readonly #parts: Parts
  readonly #buffer: EventBuffer<Item>
  /** Index of the next event to encode. */
  #next = 0

  constructor(parts: Parts) {
    const { bodies, count, ledger } = parts
    this.#parts = parts
    this.#buffer = new EventBuffer(bodies)
    this.open = count
    this.verdicts = Array.from({ length: count }, () => "retryLater")
    ledger.emitted += this.open
    ledger.handed += this.open
  }

  /** Whether every event is in a batch or has a verdict. */
  get isTaken(): boolean {
    return this.#next === this.verdicts.length && this.#buffer.count === 0
  }

  /** The next batch, as full as the limits allow; `undefined` if none of the remaining events could be encoded. */
  take(limits: BatchLimits): Batch | undefined {
    while (this.#next < this.verdicts.length && !this.#buffer.isFull(limits)) this.#encodeNext()
    if (this.#buffer.count === 0) return undefined
    return { ...this.#buffer.takeBatch(limits), attempts: 0, call: this, traceparent: this.#parts.traceparent }
  }

  #encodeNext(): void {
    const { encode, ledger, traceparent } = this.#parts
    const index = this.#next
    this.#next += 1
    const encoded = encode(index)
    const answer = (verdict: DeliveryVerdict) => {
      this.verdicts[index] = verdict
      this.#settle(1)
    }
    if (encoded.kind === "Unencodable") {
      ledger.handed -= 1
      ledger.lose("unencodable", encoded.eventId, encoded.detail)
      return answer("rejected")
    }
    const bytes = this.#buffer.write(encoded)
    this.#buffer.push({ eventId: encoded.eventId, bytes, acceptedAt: 0, ordinal: 0, traceparent, answer })
  }

  #settle(count: number): void {
    this.open -= count
    if (this.open === 0) this.#parts.done()
  }

  /** Returns all events that are not in a batch; `retryLater` is their verdict from the start. */
  giveBack(): void {
    const { ledger } = this.#parts
    const back = this.verdicts.length - this.#next + this.#buffer.count
    ledger.emitted -= back
    ledger.handed -= back
    this.#settle(back)
  }
}
