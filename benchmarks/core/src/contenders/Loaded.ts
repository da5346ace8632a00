import type { BenchEvent } from "../event.ts"

/** Events in the shape that a library takes. */
export class Loaded<A> {
  readonly #prepare: (event: BenchEvent) => A
  #items: ReadonlyArray<A> = []

  constructor(prepare: (event: BenchEvent) => A) {
    this.#prepare = prepare
  }

  readonly load = (events: ReadonlyArray<BenchEvent>): void => {
    this.#items = events.map((event) => this.#prepare(event))
  }

  at(index: number): A {
    const item = this.#items[index]
    if (item === undefined) throw new Error(`event ${index} is not loaded`)
    return item
  }

  slice(from: number, to: number): ReadonlyArray<A> {
    return this.#items.slice(from, to)
  }
}
