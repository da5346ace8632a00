/** Callers waiting until every event up to some ordinal has an outcome. */
export class Waiters {
  readonly #waiters = new Set<{ readonly upTo: number; open: number; readonly done: () => void }>()

  /**
   * @param upTo the newest event to wait for
   * @param open number of events up to there without an outcome yet
   * @returns a function that stops waiting
   */
  add(upTo: number, open: number, done: () => void): () => void {
    const waiter = { upTo, open, done }
    this.#waiters.add(waiter)
    return () => this.#waiters.delete(waiter)
  }

  /** Records that the event with this ordinal has an outcome. */
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
    // Notify last: a callback may immediately start waiting again, and this event must not count for that.
    done.forEach((tell) => tell())
  }
}
