import { isTerminalEvent } from "../events/isTerminalEvent.ts"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { LossReason } from "../EventTracker.ts"
import type { Deliveries } from "./Deliveries.ts"
import { type EventEncoder, idForReport } from "./EventEncoder.ts"
import { Fifo } from "./Fifo.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { Ledger } from "./Ledger.ts"
import type { Options } from "./options.ts"

/**
 * Number of events encoded before yielding to other fibers: a burst, or a large event, must not block the event loop.
 */
const encodedAtOnce = 256
const unitsAtOnce = 262_144

/** Queue of emitted events waiting to be encoded, which happens soon but never on the emitter's stack. */
export class Intake {
  readonly #waiting = new Fifo<BaseTrackingEvent>()
  readonly #ledger: Ledger
  readonly #maxPending: number
  /** The detail given for losses by overflow. */
  readonly #overflow: string
  readonly #options: Options
  readonly #encoder: EventEncoder
  readonly #deliveries: Deliveries
  readonly #sample: HttpBatchTrackerConfig["sample"]
  #traceparent: string | undefined
  /** Ordinals of the newest event that entered and of the newest that was passed on. */
  #entered = 0
  #left = 0

  constructor(
    options: Options,
    encoder: EventEncoder,
    deliveries: Deliveries,
    sample: HttpBatchTrackerConfig["sample"]
  ) {
    this.#ledger = deliveries.ledger
    this.#maxPending = options.maxPending
    this.#overflow = `${options.maxPending} events are pending (maxPending)`
    this.#options = options
    this.#encoder = encoder
    this.#deliveries = deliveries
    this.#sample = sample
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Ordinal of the newest accepted event. */
  get newest(): number {
    return this.#entered
  }

  /** Sets the trace context of the next event and of those that follow it without a pause. */
  noteTrace(traceparent: string | undefined): void {
    this.#traceparent = traceparent
  }

  /** Accepts an event, or loses one if no more can be held. Returns whether it is the first in the queue. */
  accept(event: BaseTrackingEvent): boolean {
    const ledger = this.#ledger
    ledger.emitted += 1
    if (ledger.held >= this.#maxPending && !this.#makeRoom()) {
      ledger.lose("overflow", idForReport(event), this.#overflow)
      return this.isEmpty
    }
    this.#entered += 1
    ledger.held += 1
    return this.#waiting.push(event)
  }

  /** Drops the oldest event not in flight, if the options allow it. */
  #makeRoom(): boolean {
    if (this.#options.overflow === "dropNewest") return false
    if (this.#deliveries.dropOldest(this.#overflow)) return true
    if (this.isEmpty) return false
    this.#loseOldest("overflow", this.#overflow)
    return true
  }

  #loseOldest(reason: LossReason, detail: string): void {
    const eventId = idForReport(this.#shift())
    this.#deliveries.fates.lose({ eventId, ordinal: this.#left }, reason, detail)
  }

  /** Removes the oldest event; plain JavaScript callers may have passed `undefined`. */
  #shift(): BaseTrackingEvent | undefined {
    this.#left += 1
    return this.#waiting.shift()
  }

  /** Encodes events into the buffer, as many as take only a moment. */
  drain(now: number): void {
    let units = 0
    for (let count = 0; count < encodedAtOnce && units < unitsAtOnce && !this.isEmpty; count++) {
      units += this.#pass(this.#shift(), this.#left, now)
    }
  }

  /** Returns the length of its JSON. */
  #pass(event: BaseTrackingEvent | undefined, ordinal: number, acceptedAt: number): number {
    if (!this.#isWanted(event)) {
      this.#deliveries.fates.lose({ eventId: "", ordinal }, "sampled", "")
      return 0
    }
    const encoded = this.#encoder.encode(event)
    if (encoded.kind === "Unencodable") {
      this.#deliveries.fates.lose({ eventId: encoded.eventId, ordinal }, "unencodable", encoded.detail)
      return 0
    }
    const { eventId, json, tail } = encoded
    this.#deliveries.enqueue({ eventId, json, tail, ordinal, acceptedAt, traceparent: this.#traceparent })
    return json.length
  }

  #isWanted(event: BaseTrackingEvent | undefined): boolean {
    const sample = this.#sample
    if (sample === undefined || event === undefined) return true
    try {
      return isTerminalEvent(event) || sample(event)
    } catch {
      return true // keeping an event too many beats losing one unintentionally
    }
  }

  /** Abandons all waiting events. */
  abandon(detail: string): void {
    while (!this.isEmpty) this.#loseOldest("shutdown", detail)
  }
}
