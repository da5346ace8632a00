import type { Batch, Call, Item, SendResult } from "./Batch.ts"
import { BodyPool } from "./BodyPool.ts"
import type { DeliverCall } from "./DeliverCall.ts"
import { DeliverCalls } from "./DeliverCalls.ts"
import { EmittedEvents } from "./EmittedEvents.ts"
import { type Envelope, Envelopes } from "./Envelope.ts"
import { Fates } from "./Fates.ts"
import { InFlight } from "./InFlight.ts"
import type { Ledger } from "./Ledger.ts"
import { type AfterNotTaken, afterNotTaken } from "./notTaken.ts"
import type { Options } from "./options.ts"
import { Resends } from "./Resends.ts"
import {
  afterFailure,
  afterSuccess,
  backoffMs,
  type Gate,
  hurried,
  openGate,
  opensAt,
  permits,
  type RetryPolicy
} from "./retryPolicy.ts"
import { SizeLimit } from "./SizeLimit.ts"
import { type BatchLimits, halve, select } from "./split.ts"

/**
 * The delivery state machine: what is queued, what is in flight and what happens to it. All delivery rules in one
 * place, without a clock or IO. Times are milliseconds of a monotonic clock.
 */
export class Deliveries {
  readonly ledger: Ledger
  readonly fates: Fates
  readonly #options: Options
  readonly bodies = new BodyPool()
  readonly #emitted: EmittedEvents
  readonly #calls = new DeliverCalls()
  /** Whether the last fresh batch came from a `deliver` call: those and emitted events take turns. */
  #lastWasOfCall = false
  readonly #resends = new Resends()
  readonly inFlight: InFlight
  /** Number of the newest acknowledged request. */
  #newestAcknowledged = 0
  #gate: Gate = openGate
  #retry: RetryPolicy
  readonly #envelopes: Envelopes
  readonly #sizeLimit = new SizeLimit()

  constructor(options: Options, tracker: string, ledger: Ledger) {
    this.#options = options
    this.inFlight = new InFlight(options.requestTimeoutMs)
    this.#retry = options.retry
    this.#envelopes = new Envelopes({ tracker, serviceKey: options.origin.serviceKey }, ledger)
    this.ledger = ledger
    this.fates = new Fates(ledger)
    this.#emitted = new EmittedEvents(options, this.fates, this.bodies)
  }

  /** Queues an encoded event, or loses one if it would exceed `maxPendingBytes`. */
  enqueue(event: Parameters<EmittedEvents["enqueue"]>[0]): void {
    this.#emitted.enqueue(event)
  }

  /** Drops the oldest event that is waiting for its first batch. Returns whether there was one. */
  dropOldest(detail: string): boolean {
    return this.#emitted.dropOldest(detail)
  }

  /** Queues the events of a `deliver` call, each to be sent once. */
  addCall(call: DeliverCall): void {
    this.#calls.add(call)
  }

  /** Ends a `deliver` call: events not in flight go back to the caller. */
  cancelCall(call: Call): void {
    call.isOver = true
    const batches = [...this.#resends.remove(call), ...this.#calls.remove(call)]
    batches.forEach((batch) => this.fates.returnAll(batch.items))
  }

  /** Makes all events up to this ordinal due now. */
  flush(upTo: number): void {
    this.#emitted.flush(upTo)
  }

  /** Shutdown is near: makes everything due and drops all waits except those the endpoint asked for. */
  hurry(): void {
    this.#retry = hurried(this.#options.retry)
    this.flush(Infinity)
    this.#resends.hurry()
    this.#gate = { ...this.#gate, failures: 0, backoffUntil: 0 }
  }

  /** The envelope of a batch that is sent now. */
  envelopeOf({ json }: Batch): Envelope {
    return this.#envelopes.around(json.length, this.#options.maxBatchBytes)
  }

  get limits(): BatchLimits {
    const { batchSize, maxBatchBytes } = this.#options
    return { batchSize, maxBatchBytes: Math.min(maxBatchBytes - this.#envelopes.next.bytes, this.#sizeLimit.bytes) }
  }

  /**
   * The next batch that may be sent now; from here on it counts as in flight.
   * @param isMoreComing whether events are about to be enqueued, in which case a batch waits until it is full
   */
  next(now: number, isMoreComing = false): Batch | undefined {
    if (now < opensAt(this.#gate)) return undefined
    if (this.inFlight.size >= permits(this.#gate, this.#options.concurrency)) return undefined
    this.#sizeLimit.update(now)
    const batch = this.#cutToSize(this.#resends.take(now) ?? this.#fresh(now, isMoreComing), now)
    if (batch === undefined) return undefined
    if (batch.attempts > 0) this.ledger.retries += 1
    const sent = { ...batch, attempts: batch.attempts + 1 }
    this.inFlight.add(sent, this.#gate.failures, now)
    return sent
  }

  /** When to act next if nothing else happens; `Infinity` for never. */
  nextAt(now: number): number {
    const batchAt = Math.max(Math.min(this.#resends.nextAt, this.#freshAt(now)), opensAt(this.#gate))
    // A batch that may already be sent but was not needs a response first; time alone does not help.
    return Math.min(this.inFlight.firstDeadline, batchAt > now ? batchAt : Infinity)
  }

  #freshAt(now: number): number {
    const isDue = !this.#calls.isEmpty || this.#emitted.isDue(now, this.limits)
    return isDue ? now : this.#emitted.dueAt
  }

  /** A batch that has not been sent before, or a single event that was postponed. */
  #fresh(now: number, isMoreComing: boolean): Batch | undefined {
    const { limits } = this
    const isDue = isMoreComing ? this.#emitted.isFull(limits) : this.#emitted.isDue(now, limits)
    const isItsTurn = isDue && (this.#lastWasOfCall || this.#calls.isEmpty)
    const ofCall = isItsTurn ? undefined : this.#calls.take(limits)
    // The limits anew: what a call could not encode is told in the envelope.
    const batch = ofCall ?? (isDue ? this.#emitted.take(this.limits) : undefined)
    this.#lastWasOfCall = ofCall !== undefined
    if (batch?.attempts === 0) this.ledger.sent += batch.items.length
    return batch
  }

  /**
   * Splits a batch that is known to be larger than the endpoint accepts before sending it, or that has no room for the
   * losses counted since its events were gathered.
   */
  #cutToSize(batch: Batch | undefined, now: number): Batch | undefined {
    if (batch === undefined || batch.items.length < 2 || batch.json.length <= this.limits.maxBatchBytes) return batch
    this.#split(batch)
    return this.#cutToSize(this.#resends.take(now), now)
  }

  #split(batch: Batch): void {
    this.ledger.splits += 1
    const halves = halve(batch).map((half) => ({ ...batch, ...half, attempts: 0 }))
    this.#resends.putFirst(halves)
  }

  /** Handles the end of a batch's request. `random` in [0, 1) determines the pause after a failure. */
  settle(batch: Batch, result: SendResult, now: number, random: number): void {
    const sent = this.inFlight.take(batch)
    if (sent === undefined) return
    const fail = (retryAfterMs?: number) => {
      const failure = { now, failuresAtSend: sent.failuresAtSend, retryAfterMs, random }
      this.#gate = afterFailure(this.#gate, failure, this.#retry)
    }
    switch (result.kind) {
      case "Acknowledged": {
        this.#gate = afterSuccess(this.#gate)
        this.#newestAcknowledged = Math.max(this.#newestAcknowledged, sent.request)
        const again = this.#acknowledge(batch, result)
        if (again.size === 0) return
        // Only these events wait: the endpoint accepts others.
        const notBefore = now + backoffMs(batch.attempts, this.#retry, random)
        const rest = select(batch, (item) => again.has(item))
        return this.#tryAgain({ ...batch, ...rest, notBefore }, "the endpoint took only a part")
      }
      case "Failed":
        fail(result.retryAfterMs)
        return this.#tryAgain(batch, result.detail)
      case "NotTaken": {
        const refused = { ...batch, firstNotTaken: batch.firstNotTaken ?? sent.request }
        const { isProven, step } = afterNotTaken(refused, result, this.#newestAcknowledged)
        if (isProven) this.#gate = afterSuccess(this.#gate)
        else if (batch.items.length === 1) fail()
        if (result.status === 413 && step === "split") this.#sizeLimit.learn(batch.json.length, now)
        return this.#afterNotTaken(refused, step, sent.request, `status ${result.status}: ${result.detail}`)
      }
      case "Refused":
        if (batch.call === undefined) {
          return this.fates.giveAllUp(batch.items, "refused", `status ${result.status}: ${result.detail}`)
        }
        fail()
        return this.fates.returnAll(batch.items)
    }
  }

  #acknowledge(batch: Batch, { duplicates, rejected }: Extract<SendResult, { kind: "Acknowledged" }>): Set<Item> {
    const again = new Set<Item>()
    let delivered = 0
    batch.items.forEach((item, index) => {
      const rejection = rejected.get(index)
      if (rejection?.retryable === true) again.add(item)
      else if (rejection !== undefined) this.fates.giveUp(item, "rejected", rejection.detail)
      else {
        delivered += 1
        this.fates.deliver(item)
      }
    })
    this.ledger.duplicates += Math.min(Math.max(duplicates, 0), delivered)
    return again
  }

  #afterNotTaken(batch: Batch, step: AfterNotTaken["step"], request: number, detail: string): void {
    const { call, items } = batch
    if (step === "split") return this.#split(batch)
    if (step === "reject" || call === undefined) return this.fates.giveAllUp(items, "rejected", detail)
    if (step === "postpone" && call.open > 1) {
      call.suspectedAt = request
      // Largest part first: some of it will be accepted, unless the endpoint accepts nothing at all.
      this.#resends.putFirst(this.#resends.remove(call).toReversed())
      return this.#calls.postpone(batch)
    }
    this.fates.returnAll(items)
    this.cancelCall(call)
  }

  #tryAgain(batch: Batch, detail: string): void {
    if (batch.call !== undefined) return this.fates.returnAll(batch.items)
    if (batch.attempts < this.#retry.attempts) return this.#resends.putBack(batch)
    this.fates.giveAllUp(batch.items, "retriesExhausted", `${batch.attempts} attempts failed, the last: ${detail}`)
  }

  /** Abandons everything: emitted events are lost, events from `deliver` go back to the caller. */
  abandon(detail: string): void {
    const batches = [...this.inFlight.batches, ...this.#resends.remove(), ...this.#calls.remove()]
    this.inFlight.clear()
    for (const batch of batches) {
      if (batch.call === undefined) {
        this.ledger.cutOff += batch.items.length
        this.fates.giveAllUp(batch.items, "shutdown", detail)
      } else this.fates.returnAll(batch.items)
    }
    this.#emitted.abandon(detail)
  }
}
