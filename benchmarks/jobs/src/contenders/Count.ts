/** Counts, and tells when it has come so far. */
export class Count {
  #value = 0
  #target = Infinity
  #reached: () => void = () => undefined

  add(): void {
    this.#value += 1
    if (this.#value >= this.#target) this.#reached()
  }

  /** Resolves at a value; one such wait at a time. */
  readonly reaches = (target: number): Promise<void> => {
    if (this.#value >= target) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#target = target
    this.#reached = resolve
    return promise
  }
}
