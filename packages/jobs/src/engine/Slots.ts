/**
 * What is in progress, unordered. A Set with this much churn allocates a new table every few additions, and leaves the
 * old one and its former content to the next full collection.
 */
export class Slots<A extends object> {
  readonly #slots: Array<A | undefined> = []
  readonly #free: Array<number> = []

  /** Adds an item and returns its slot, for `remove`. */
  add(item: A): number {
    const place = this.#free.pop() ?? this.#slots.length
    this.#slots[place] = item
    return place
  }

  remove(place: number): void {
    this.#slots[place] = undefined
    this.#free.push(place)
  }

  /** The current items. */
  get items(): ReadonlyArray<A> {
    return this.#slots.filter((item) => item !== undefined)
  }
}
