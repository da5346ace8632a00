import type { Batch } from "./Batch.ts"

/** What is known about a request when it is sent. */
export interface Departure {
  /** The request's number, counted from 1. */
  readonly request: number
  /** The gate's consecutive failures at that time. */
  readonly failuresAtSend: number
  /** When it times out, in milliseconds of a monotonic clock. */
  readonly deadline: number
}

/** Batches whose requests have not been answered yet, oldest first. */
export class InFlight {
  readonly #departures = new Map<Batch, Departure>()
  readonly #timeoutMs: number
  #requests = 0

  /** @param timeoutMs timeout of a request */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get size(): number {
    return this.#departures.size
  }

  get batches(): ReadonlyArray<Batch> {
    return [...this.#departures.keys()]
  }

  /** Number of events in all of them. */
  get events(): number {
    let events = 0
    for (const { items } of this.#departures.keys()) events += items.length
    return events
  }

  add(batch: Batch, failuresAtSend: number, now: number): void {
    this.#requests += 1
    this.#departures.set(batch, { request: this.#requests, failuresAtSend, deadline: now + this.#timeoutMs })
  }

  /** Removes a batch whose request has ended. */
  take(batch: Batch): Departure | undefined {
    const departure = this.#departures.get(batch)
    this.#departures.delete(batch)
    return departure
  }

  /** Batches whose requests have timed out. */
  overdue(now: number): ReadonlyArray<Batch> {
    const late: Array<Batch> = []
    for (const [batch, { deadline }] of this.#departures) {
      if (now < deadline) break
      late.push(batch)
    }
    return late
  }

  /** When the next of them times out; `Infinity` if there are none. */
  get firstDeadline(): number {
    const [oldest] = this.#departures.values()
    return oldest?.deadline ?? Infinity
  }

  clear(): void {
    this.#departures.clear()
  }
}
