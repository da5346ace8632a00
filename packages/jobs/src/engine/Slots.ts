/**
 * What is under way, in no order. A Set that comes and goes so fast has a new table each few additions, and leaves the old
 * one with all that was in it to the next full collection.
 */
export class Slots<A extends object> {
  readonly #slots: Array<A | undefined> = []
  readonly #free: Array<number> = []

  /** Answers its place, for `remove`. */
  add(item: A): number {
    const place = this.#free.pop() ?? this.#slots.length
    this.#slots[place] = item
    return place
  }

  remove(place: number): void {
    this.#slots[place] = undefined
    this.#free.push(place)
  }

  /** Those that are there now. */
  get items(): ReadonlyArray<A> {
    return this.#slots.filter((item) => item !== undefined)
  }
}
