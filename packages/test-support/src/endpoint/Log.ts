import type { Rejected } from "./Answer.ts"
import type { Arrival, ReceivedEvent, Totals } from "./Control.ts"

/** A request and the ids of its events, in order. */
export interface Received {
  readonly arrival: Arrival
  readonly ids: ReadonlyArray<string>
  readonly events: ReadonlyArray<ReceivedEvent>
}

/** What one endpoint has received and stored. */
export class Log {
  readonly arrivals: Array<Arrival> = []
  readonly #stored = new Map<string, ReceivedEvent>()
  readonly #waiting = new Set<{ readonly isMet: () => boolean; readonly resolve: () => void }>()
  #duplicates = 0
  #bytes = 0
  #wireBytes = 0

  get stored(): ReadonlyArray<ReceivedEvent> {
    return [...this.#stored.values()]
  }

  get totals(): Totals {
    return {
      requests: this.arrivals.length,
      stored: this.#stored.size,
      duplicates: this.#duplicates,
      bytes: this.#bytes,
      wireBytes: this.#wireBytes
    }
  }

  arrived({ arrival }: Received): void {
    this.arrivals.push(arrival)
    this.#bytes += arrival.bytes
    this.#wireBytes += arrival.wireBytes
    this.#notify()
  }

  /** Stores all events of a request except the rejected ones, and responds as tracker-server does. */
  store({ events, ids }: Received, rejected: ReadonlyArray<Rejected> = []) {
    const left = new Set(rejected.map(({ index }) => index))
    let duplicates = 0
    ids.forEach((id, index) => {
      if (left.has(index)) return
      if (this.#stored.has(id)) duplicates += 1
      else this.#stored.set(id, events[index] ?? {})
    })
    this.#duplicates += duplicates
    this.#notify()
    return { accepted: ids.length - duplicates - left.size, duplicates, rejected }
  }

  awaitRequests(count: number): Promise<void> {
    return this.#when(() => this.arrivals.length >= count)
  }

  awaitStored(count: number): Promise<void> {
    return this.#when(() => this.#stored.size >= count)
  }

  #when(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (isMet()) resolve()
      else this.#waiting.add({ isMet, resolve })
    })
  }

  #notify(): void {
    for (const waiter of this.#waiting) {
      if (waiter.isMet() && this.#waiting.delete(waiter)) waiter.resolve()
    }
  }
}
