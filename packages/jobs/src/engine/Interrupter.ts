/** Why a running handler is stopped from outside. */
export type Interruption = "terminate" | "shutdown"

/** Stops the handler of one step from outside. The first reason counts. */
export class Interrupter {
  #by: Interruption | undefined
  readonly #listeners: Array<(by: Interruption) => void> = []

  interrupt(by: Interruption): void {
    if (this.#by !== undefined) return
    this.#by = by
    for (const listener of this.#listeners.splice(0)) listener(by)
  }

  /**
   * Registers a listener, which is called immediately if the handler was already stopped; returns a function that
   * removes it.
   */
  listen(listener: (by: Interruption) => void): () => void {
    if (this.#by === undefined) this.#listeners.push(listener)
    else listener(this.#by)
    return () => {
      const index = this.#listeners.indexOf(listener)
      if (index >= 0) this.#listeners.splice(index, 1)
    }
  }
}
