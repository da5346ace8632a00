/** Those who wait until all events up to some ordinal have met their fate. */
export class Waiters {
  readonly #waiters = new Set<{ readonly upTo: number; open: number; readonly done: () => void }>()

  /**
   * @param upTo the newest event to wait for
   * @param open how many up to there have not met their fate yet
   * @returns a function that stops the waiting
   */
  add(upTo: number, open: number, done: () => void): () => void {
    const waiter = { upTo, open, done }
    this.#waiters.add(waiter)
    return () => this.#waiters.delete(waiter)
  }

  /** The event of this ordinal has met its fate. */
  settle(ordinal: number): void {
    if (this.#waiters.size === 0) return
    const done: Array<() => void> = []
    for (const waiter of this.#waiters) {
      if (ordinal > waiter.upTo) continue
      waiter.open -= 1
      if (waiter.open > 0) continue
      this.#waiters.delete(waiter)
      done.push(waiter.done)
    }
    // Only now: who is told may at once wait for something else, and this event does not count for that.
    done.forEach((tell) => tell())
  }
}
