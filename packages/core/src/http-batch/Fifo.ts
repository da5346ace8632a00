/** How many given-up slots may stand before the rest is moved: moving at once would make emptying quadratic. */
const compactAbove = 1024

/** A queue that gives up its oldest entries in constant time each. */
export class Fifo<A> implements Iterable<A> {
  #entries: Array<A | undefined> = []
  #head = 0

  get length(): number {
    return this.#entries.length - this.#head
  }

  get oldest(): A | undefined {
    return this.#entries[this.#head]
  }

  push(entry: A): void {
    this.#entries.push(entry)
  }

  /** Removes the oldest entry. */
  shift(): A | undefined {
    const entry = this.#entries[this.#head]
    if (this.length === 0) return undefined
    this.#entries[this.#head] = undefined // so that what is gone can be freed before the queue is compacted
    this.#head += 1
    if (this.#head > compactAbove && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<A> {
    for (let index = this.#head; index < this.#entries.length; index++) {
      const entry = this.#entries[index]
      if (entry !== undefined) yield entry
    }
  }
}
