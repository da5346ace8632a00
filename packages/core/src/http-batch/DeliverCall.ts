import type { DeliveryVerdict } from "../EventTracker.ts"
import type { Batch, Call, Item } from "./Batch.ts"
import type { BodyPool } from "./BodyPool.ts"
import { BodyWriter } from "./BodyWriter.ts"
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

/** An event in a batch. A class, since an object with a closure for each event sent would cost more. */
class CallItem implements Item {
  readonly #call: DeliverCall
  readonly #index: number
  readonly #encoded: EncodedEvent
  readonly bytes: number

  constructor(call: DeliverCall, index: number, encoded: EncodedEvent, bytes: number) {
    this.#call = call
    this.#index = index
    this.#encoded = encoded
    this.bytes = bytes
  }

  get eventId() {
    return this.#encoded.eventId
  }

  get acceptedAt() {
    return 0
  }

  get ordinal() {
    return 0
  }

  get traceparent() {
    return this.#call.traceparent
  }

  answer(verdict: DeliveryVerdict) {
    this.#call.answer(this.#index, verdict)
  }
}

/**
 * The events of one `deliver` call. They are encoded only when a request has room for them, so the memory a call holds
 * is bounded by the requests in flight.
 */
export class DeliverCall implements Call {
  open: number
  isOver = false
  suspectedAt = -1
  /** By event index. */
  readonly verdicts: Array<DeliveryVerdict>
  readonly #parts: Parts
  /** Index of the next event to send. */
  #next = 0
  /** That event, if it has been encoded but the last batch had no room for it. */
  #encoded: EncodedEvent | undefined

  constructor(parts: Parts) {
    const { count, ledger } = parts
    this.#parts = parts
    this.open = count
    this.verdicts = Array.from({ length: count }, () => "retryLater")
    ledger.emitted += this.open
    ledger.delivering += this.open
  }

  /** The caller's trace context. */
  get traceparent() {
    return this.#parts.traceparent
  }

  /** Whether every event is in a batch or has a verdict. */
  get isTaken(): boolean {
    return this.#next === this.verdicts.length
  }

  /** The next batch, as full as the limits allow; `undefined` if none of the remaining events could be encoded. */
  take(limits: BatchLimits): Batch | undefined {
    const { bodies } = this.#parts
    const body = new BodyWriter(bodies, limits)
    const items: Array<Item> = []
    while (!this.isTaken && !body.isFull) {
      const encoded = this.#encoded ??= this.#parts.encode(this.#next)
      const index = this.#next
      if (encoded.kind === "Encoded") {
        const bytes = body.write(encoded)
        if (bytes === undefined) break
        items.push(new CallItem(this, index, encoded, bytes))
      }
      this.#encoded = undefined
      this.#next += 1
      if (encoded.kind === "Unencodable") this.#lose(index, encoded)
    }
    if (items.length === 0) {
      body.discard()
      return undefined
    }
    return { items, json: body.finish(), attempts: 0, call: this, traceparent: this.traceparent }
  }

  #lose(index: number, { detail, eventId }: Extract<EncodedEvent, { readonly kind: "Unencodable" }>): void {
    const { ledger } = this.#parts
    ledger.delivering -= 1
    ledger.lose("unencodable", eventId, detail)
    this.answer(index, "rejected")
  }

  answer(index: number, verdict: DeliveryVerdict): void {
    this.verdicts[index] = verdict
    this.#settle(1)
  }

  #settle(count: number): void {
    this.open -= count
    if (this.open === 0) this.#parts.done()
  }

  /** Returns all events that are not in a batch; `retryLater` is their verdict from the start. */
  returnRest(): void {
    const { ledger } = this.#parts
    const back = this.verdicts.length - this.#next
    ledger.emitted -= back
    ledger.delivering -= back
    this.#settle(back)
  }
}
