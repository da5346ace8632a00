import type { DeliveryVerdict } from "../EventTracker.ts"
import type { Batch, Call, Item } from "./Batch.ts"
import type { BodyPool } from "./BodyPool.ts"
import { EventBuffer } from "./buffer.ts"
import type { EncodedEvent } from "./EventEncoder.ts"
import type { Ledger } from "./Ledger.ts"
import type { BatchLimits } from "./split.ts"

/** What a call of `deliver` consists of. */
interface Parts {
  readonly count: number
  /** Puts one of the events into the form in which it travels; called once for each. */
  readonly encode: (index: number) => EncodedEvent
  readonly ledger: Ledger
  readonly bodies: BodyPool
  readonly traceparent: string | undefined
  /** Called when every event has its verdict. */
  readonly done: () => void
}

/**
 * The events of one call of `deliver`. They stay the caller's until a request has room for them: only then they are
 * encoded, so that what a call holds is bounded by the requests under way.
 */
export class Handover implements Call {
  open: number
  isOver = false
  suspectedAt = -1
  /** By index of the event. */
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

  /** Whether all of its events are in batches, or have met their fate. */
  get isTaken(): boolean {
    return this.#next === this.verdicts.length && this.#buffer.count === 0
  }

  /** The next batch, as full as the limits allow; none when what was left could not be encoded. */
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

  /** Gives all events back that are not in batches, which is their verdict from the beginning. */
  giveBack(): void {
    const { ledger } = this.#parts
    const back = this.verdicts.length - this.#next + this.#buffer.count
    ledger.emitted -= back
    ledger.handed -= back
    this.#settle(back)
  }
}
