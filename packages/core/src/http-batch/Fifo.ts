/** Initial number of slots; a power of two. */
const fewSlots = 16

/** A queue that has grown beyond this is reallocated once it is empty. */
const manySlots = 4096

const emptySlots = <A>(count: number): Array<A | undefined> => Array.from({ length: count })

/** A FIFO queue that can drop its oldest entries: a ring buffer that doubles when full. */
export class Fifo<A> {
  #slots = emptySlots<A>(fewSlots)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  get oldest(): A | undefined {
    return this.#slots[this.#head]
  }

  /** The entry at this index, counted from the oldest. */
  at(index: number): A | undefined {
    return index < this.#length ? this.#slots[(this.#head + index) & (this.#slots.length - 1)] : undefined
  }

  /** Adds an entry and returns whether it is the only one. */
  push(entry: A): boolean {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = entry
    this.#length += 1
    return this.#length === 1
  }

  #grow(): void {
    const slots = emptySlots<A>(this.#slots.length * 2)
    for (let index = 0; index < this.#length; index++) slots[index] = this.at(index)
    this.#slots = slots
    this.#head = 0
  }

  /** Removes and returns the oldest entry. */
  shift(): A | undefined {
    if (this.#length === 0) return undefined
    const entry = this.#slots[this.#head]
    this.#slots[this.#head] = undefined // so that it can be freed
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length -= 1
    if (this.#length === 0 && this.#slots.length > manySlots) this.#begin()
    return entry
  }

  #begin(): void {
    this.#slots = emptySlots<A>(fewSlots)
    this.#head = 0
  }
}
