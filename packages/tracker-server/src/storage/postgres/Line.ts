import { Deferred, Exit } from "effect"
import type { Batch, Outdated, Verdict } from "../EventStore.ts"
import type { StoreUnavailable } from "../StoreUnavailable.ts"

/**
 * Bytes of bodies up to which more are decoded: some three groups, two of which are being written. Decoded, an event
 * takes about ten times its size of V8's heap, and whatever waits there is copied several times; as bytes it is neither
 * moved nor scanned.
 */
const maxDecodedBytes = 1.5 * 1024 * 1024

/** Requests that are decoded however large they are, so that one can be prepared while another is written. */
const decodedAnyway = 2

/** Limits of a group; a single request may exceed them. */
const maxGroup = { events: 1000, bytes: 4 * 1024 * 1024 }

/**
 * Concurrent transactions per tenant. Two keep both sides busy: while one commits, the next is assembled. More would
 * only wait for each other's rows.
 */
const maxTransactions = 2

/** Waiting bytes that are worth a second transaction, however few events they are. */
const worthSecondBytes = maxDecodedBytes / 4

/** A request in its tenant's line. */
export class QueuedRequest {
  readonly bytes: number
  /** When it joined, in milliseconds of the clock. */
  readonly since: number
  readonly answer: Deferred.Deferred<ReadonlyArray<Verdict>, Outdated | StoreUnavailable> = Deferred.makeUnsafe()

  constructor(bytes: number, since: number) {
    this.bytes = bytes
    this.since = since
  }
}

/** Completes when a request may be decoded, or fails if that is no use any more. */
export type Turn = Deferred.Deferred<void, StoreUnavailable>

/** A request that has been decoded. */
export interface Waiting {
  readonly request: QueuedRequest
  readonly batch: Batch
  /** Whether it shares its transaction with no other. */
  readonly alone: boolean
}

const sizeOf = ({ events, rejected }: Batch): number => events.length + rejected.length

/** A tenant's requests that are not answered yet, in order of arrival, and how many of its transactions are running. */
export class Line {
  transactions = 0
  readonly tenantId: string
  readonly #worthSecond: number
  readonly #undecoded = new Map<QueuedRequest, Turn>()
  /** Those whose turn it is. Whoever arrives before they are decoded comes after them. */
  readonly #called = new Set<QueuedRequest>()
  /** Those that have had their turn and are not answered yet. */
  readonly #decoded = new Set<QueuedRequest>()
  #decodedBytes = 0
  #waiting = new Map<QueuedRequest, Waiting>()
  #waitingEvents = 0
  #waitingBytes = 0

  constructor(tenantId: string, worthSecond: number) {
    this.tenantId = tenantId
    this.#worthSecond = worthSecond
  }

  get isEmpty(): boolean {
    return this.transactions === 0 && this.#decoded.size === 0 && this.#undecoded.size === 0
  }

  /** Lets a request be decoded at once, or returns its turn. */
  enter(request: QueuedRequest): Turn | undefined {
    if (this.#undecoded.size === 0 && this.#called.size === 0 && this.#hasRoom()) {
      this.#admit(request)
      return undefined
    }
    const turn: Turn = Deferred.makeUnsafe()
    this.#undecoded.set(request, turn)
    return turn
  }

  /** Puts a decoded request among those that the next transaction takes. */
  join(request: QueuedRequest, batch: Batch): void {
    this.#called.delete(request)
    this.#wait({ request, batch, alone: false })
    this.#call()
  }

  /** Ends a request, whether it was answered or its client is gone. */
  leave(request: QueuedRequest): void {
    this.#unwait(request)
    this.#called.delete(request)
    if (this.#decoded.delete(request)) this.#decodedBytes -= request.bytes
    else this.#undecoded.delete(request)
    this.#call()
  }

  /** Whether a transaction is to begin with what waits, beside so many `others`. */
  mayBegin(others: number): boolean {
    if (others === 0) return this.#waiting.size > 0
    const isWorthIt = this.#waitingEvents >= this.#worthSecond || this.#waitingBytes >= worthSecondBytes
    return others < maxTransactions && isWorthIt
  }

  /** Removes and returns the requests of the next transaction. */
  next(): ReadonlyArray<Waiting> {
    const total = { events: 0, bytes: 0 }
    const group: Array<Waiting> = []
    for (const waiting of this.#waiting.values()) {
      total.events += sizeOf(waiting.batch)
      total.bytes += waiting.request.bytes
      const fits = total.events <= maxGroup.events && total.bytes <= maxGroup.bytes && !waiting.alone
      if (group.length > 0 && !fits) break
      group.push(waiting)
      if (waiting.alone) break
    }
    for (const { request } of group) this.#unwait(request)
    return group
  }

  /** Puts those of a group that are still there back to where they were, each to be written alone. */
  separate(group: ReadonlyArray<Waiting>): void {
    const later = this.#waiting
    this.#waiting = new Map()
    for (const { batch, request } of group) {
      if (this.#decoded.has(request)) this.#wait({ request, batch, alone: true })
    }
    for (const [request, waiting] of later) this.#waiting.set(request, waiting)
  }

  /** Fails the requests that joined before this moment and are in no transaction. */
  refuse(before: number, reason: StoreUnavailable): void {
    const waiting = [...this.#waiting.keys()].filter(({ since }) => since < before)
    const undecoded = [...this.#undecoded].filter(([{ since }]) => since < before)
    // All of them before the first is told: who is told leaves, which would call those behind.
    for (const request of waiting) this.#unwait(request)
    for (const [request] of undecoded) this.#undecoded.delete(request)
    for (const { answer } of waiting) Deferred.doneUnsafe(answer, Exit.fail(reason))
    for (const [, turn] of undecoded) Deferred.doneUnsafe(turn, Exit.fail(reason))
  }

  /** Fails all that are here, also those whose transaction was broken off. */
  close(reason: StoreUnavailable): void {
    this.refuse(Infinity, reason)
    for (const { answer } of this.#decoded) Deferred.doneUnsafe(answer, Exit.fail(reason))
  }

  #hasRoom(): boolean {
    return this.#decoded.size < decodedAnyway || this.#decodedBytes < maxDecodedBytes
  }

  #admit(request: QueuedRequest): void {
    this.#decoded.add(request)
    this.#decodedBytes += request.bytes
  }

  /** Lets the next ones be decoded. */
  #call(): void {
    for (const [request, turn] of this.#undecoded) {
      if (!this.#hasRoom()) return
      this.#undecoded.delete(request)
      this.#admit(request)
      this.#called.add(request)
      Deferred.doneUnsafe(turn, Exit.void)
    }
  }

  #wait(waiting: Waiting): void {
    this.#waiting.set(waiting.request, waiting)
    this.#waitingEvents += sizeOf(waiting.batch)
    this.#waitingBytes += waiting.request.bytes
  }

  #unwait(request: QueuedRequest): void {
    const waiting = this.#waiting.get(request)
    if (waiting === undefined) return
    this.#waiting.delete(request)
    this.#waitingEvents -= sizeOf(waiting.batch)
    this.#waitingBytes -= request.bytes
  }
}
