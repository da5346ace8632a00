import { Deferred, Exit } from "effect"
import type { Batch, KeyEnded, Verdict } from "../EventStore.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"

/** Limits of a group; a single request may exceed them. */
const maxGroup = { events: 1000, bytes: 4 * 1024 * 1024 }

/**
 * Concurrent transactions per tenant. Two keep both sides busy: while one commits, the next is assembled. More would
 * only wait for each other's rows.
 */
const maxTransactions = 2

/**
 * Bytes of bodies that are decoded and not yet answered: some three groups of events of usual size, two of which are
 * being written. Decoded, an event takes about ten times its size of V8's heap, and whatever waits there is copied
 * several times; as bytes it is neither moved nor scanned.
 */
const maxDecodedBytes = 1.5 * 1024 * 1024

/** Requests that may be decoded however large they are, so that one can be prepared while another is written. */
const decodedAnyway = 2

/** A request in its tenant's line. */
export class QueuedRequest {
  readonly bytes: number
  /** When it joined, in milliseconds of the clock. */
  readonly since: number
  readonly answer: Deferred.Deferred<ReadonlyArray<Verdict>, KeyEnded | StoreUnavailable> = Deferred.makeUnsafe()
  /** Completes when it may be decoded; undefined if that was at once. */
  turn: Deferred.Deferred<void, StoreUnavailable> | undefined = undefined
  /** Whether it counts as decoded: from its turn until it leaves the line. */
  hasTurn = false

  constructor(bytes: number, since: number) {
    this.bytes = bytes
    this.since = since
  }

  /** Answers it without writing it. */
  fail(reason: StoreUnavailable): void {
    if (this.turn !== undefined && !this.hasTurn) Deferred.doneUnsafe(this.turn, Exit.fail(reason))
    else Deferred.doneUnsafe(this.answer, Exit.fail(reason))
  }
}

/** A request that has been decoded. */
export interface Waiting {
  readonly request: QueuedRequest
  readonly batch: Batch
}

const sizeOf = ({ events, rejected }: Batch): number => events.length + rejected.length

/** A tenant's requests that are not answered yet, in order of arrival, and how many of its transactions are running. */
export class Line {
  transactions = 0
  readonly #worthSecond: number
  readonly #undecoded = new Set<QueuedRequest>()
  #decoded = { requests: 0, bytes: 0 }
  readonly #waiting = new Map<QueuedRequest, Batch>()
  #waitingEvents = 0

  /** @param worthSecond Waiting events that begin a second transaction beside one that is running. */
  constructor(worthSecond: number) {
    this.#worthSecond = worthSecond
  }

  get isEmpty(): boolean {
    return this.transactions === 0 && this.#decoded.requests === 0 && this.#undecoded.size === 0
  }

  /** Lets a request be decoded at once, or gives it a `turn` to wait for. */
  enter(request: QueuedRequest): void {
    if (this.#undecoded.size === 0 && this.#hasRoomFor(request)) {
      this.#admit(request)
    } else {
      request.turn = Deferred.makeUnsafe()
      this.#undecoded.add(request)
    }
  }

  /** Puts a decoded request among those that the next transaction takes. */
  join(request: QueuedRequest, batch: Batch): void {
    this.#waiting.set(request, batch)
    this.#waitingEvents += sizeOf(batch)
  }

  /** Ends a request, whether it was answered or its client is gone, and lets the next ones be decoded. */
  leave(request: QueuedRequest): void {
    this.#unwait(request)
    if (!request.hasTurn) {
      this.#undecoded.delete(request)
    } else {
      request.hasTurn = false
      this.#decoded.requests--
      this.#decoded.bytes -= request.bytes
    }
    for (const next of this.#undecoded) {
      if (!this.#hasRoomFor(next)) return
      this.#undecoded.delete(next)
      this.#admit(next)
      if (next.turn !== undefined) Deferred.doneUnsafe(next.turn, Exit.void)
    }
  }

  /** Whether a transaction is to begin with what waits, beside so many `others`. */
  mayBegin(others: number): boolean {
    if (others === 0) return this.#waiting.size > 0
    return others < maxTransactions && this.#waitingEvents >= this.#worthSecond
  }

  /** Removes and returns the requests of the next transaction. */
  next(): ReadonlyArray<Waiting> {
    const total = { events: 0, bytes: 0 }
    const group: Array<Waiting> = []
    for (const [request, batch] of this.#waiting) {
      total.events += sizeOf(batch)
      for (const { bytes } of batch.events) total.bytes += bytes
      if (group.length > 0 && (total.events > maxGroup.events || total.bytes > maxGroup.bytes)) break
      group.push({ request, batch })
    }
    for (const { request } of group) this.#unwait(request)
    return group
  }

  /** Removes and returns the requests that joined before this moment and are in no transaction. */
  removeJoinedBefore(before: number): ReadonlyArray<QueuedRequest> {
    const removed = [...this.#waiting.keys(), ...this.#undecoded].filter(({ since }) => since < before)
    for (const request of removed) {
      this.#unwait(request)
      this.#undecoded.delete(request)
    }
    return removed
  }

  #hasRoomFor({ bytes }: QueuedRequest): boolean {
    return this.#decoded.requests < decodedAnyway || this.#decoded.bytes + bytes <= maxDecodedBytes
  }

  #admit(request: QueuedRequest): void {
    request.hasTurn = true
    this.#decoded.requests++
    this.#decoded.bytes += request.bytes
  }

  #unwait(request: QueuedRequest): void {
    const batch = this.#waiting.get(request)
    if (batch === undefined) return
    this.#waiting.delete(request)
    this.#waitingEvents -= sizeOf(batch)
  }
}
