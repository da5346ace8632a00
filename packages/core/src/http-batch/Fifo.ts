/** How many given-up slots may stand before the rest is moved: moving at once would make emptying quadratic. */
const compactAbove = 1024

/** A queue that gives up its oldest entries in constant time each. */
export class Fifo<A> {
  #entries: Array<A | undefined> = []
  #head = 0

  get length(): number {
    return this.#entries.length - this.#head
  }

  get oldest(): A | undefined {
    return this.#entries[this.#head]
  }

  /** The entry with so many older ones before it. */
  at(index: number): A | undefined {
    return this.#entries[this.#head + index]
  }

  push(entry: A): void {
    this.#entries.push(entry)
  }

  /** Removes the oldest entry. */
  shift(): A | undefined {
    if (this.#head === this.#entries.length) return undefined
    const entry = this.#entries[this.#head]
    this.#entries[this.#head] = undefined // so that what is gone can be freed before the queue is compacted
    this.#head += 1
    if (this.#head > compactAbove && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }
}
