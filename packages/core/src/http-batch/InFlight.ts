import type { Batch } from "./Batch.ts"

/** What is known of a request when it leaves. */
export interface Departure {
  /** Each request has its number, from 1 on. */
  readonly request: number
  /** Failures in a row that the gate knew of. */
  readonly failuresAtSend: number
  /** When it has taken longer than it may; milliseconds of a monotonic clock. */
  readonly deadline: number
}

/** Batches whose requests have no answer yet, oldest first. */
export class InFlight {
  readonly #departures = new Map<Batch, Departure>()
  readonly #timeoutMs: number
  #requests = 0

  /** @param timeoutMs longest that a request may take */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  get size(): number {
    return this.#departures.size
  }

  get batches(): ReadonlyArray<Batch> {
    return [...this.#departures.keys()]
  }

  /** Events in all of them. */
  get events(): number {
    let events = 0
    for (const { items } of this.#departures.keys()) events += items.length
    return events
  }

  add(batch: Batch, failuresAtSend: number, now: number): void {
    this.#requests += 1
    this.#departures.set(batch, { request: this.#requests, failuresAtSend, deadline: now + this.#timeoutMs })
  }

  /** Takes a batch out whose request has ended. */
  take(batch: Batch): Departure | undefined {
    const departure = this.#departures.get(batch)
    this.#departures.delete(batch)
    return departure
  }

  /** Batches whose request has taken longer than it may. */
  overdue(now: number): ReadonlyArray<Batch> {
    const late: Array<Batch> = []
    for (const [batch, { deadline }] of this.#departures) {
      if (now < deadline) break
      late.push(batch)
    }
    return late
  }

  /** The instant at which the first of them becomes overdue; `Infinity` when there is none. */
  get firstDeadline(): number {
    const [oldest] = this.#departures.values()
    return oldest?.deadline ?? Infinity
  }

  clear(): void {
    this.#departures.clear()
  }
}
