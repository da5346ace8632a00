import { isTerminalEvent } from "../events/isTerminalEvent.ts"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { LossReason } from "../EventTracker.ts"
import type { Deliveries } from "./Deliveries.ts"
import { type EventEncoder, idForReport } from "./EventEncoder.ts"
import { Fifo } from "./Fifo.ts"
import type { HttpBatchTrackerConfig } from "./HttpBatchTrackerConfig.ts"
import type { Ledger } from "./Ledger.ts"
import type { Options } from "./options.ts"

/** Between two goes of encoding other fibers run: a burst, or a large event, must not hold up the event loop. */
const encodedAtOnce = 256
const unitsAtOnce = 262_144

/** Where emitted events wait to be encoded, which is soon, but never on the emitter's stack. */
export class Intake {
  readonly #waiting = new Fifo<BaseTrackingEvent>()
  readonly #ledger: Ledger
  readonly #maxPending: number
  /** What a loss by overflow is explained with. */
  readonly #overflow: string
  readonly #options: Options
  readonly #encoder: EventEncoder
  readonly #deliveries: Deliveries
  readonly #sample: HttpBatchTrackerConfig["sample"]
  #traceparent: string | undefined
  /** Ordinal of the newest event that came in, and of the newest that went on. */
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

  /** Ordinal of the newest event that was taken. */
  get newest(): number {
    return this.#entered
  }

  /** The next event and those that follow without a pause are of this trace context. */
  noteTrace(traceparent: string | undefined): void {
    this.#traceparent = traceparent
  }

  /** Takes an event, or loses one when no more can be held. Answers whether it is the first that waits. */
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

  /** Gives up the oldest event that is not under way, where the options ask for that. */
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

  /** Takes the oldest out; in plain JavaScript it may be nothing at all. */
  #shift(): BaseTrackingEvent | undefined {
    this.#left += 1
    return this.#waiting.shift()
  }

  /** Encodes events into the buffer: so many that it takes a moment only. */
  drain(now: number): void {
    let units = 0
    for (let count = 0; count < encodedAtOnce && units < unitsAtOnce && !this.isEmpty; count++) {
      units += this.#pass(this.#shift(), this.#left, now)
    }
  }

  /** Answers the length of its JSON. */
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
      return true // better one event too many than one that nobody meant to leave out
    }
  }

  /** Gives up all that wait. */
  abandon(detail: string): void {
    while (!this.isEmpty) this.#loseOldest("shutdown", detail)
  }
}
