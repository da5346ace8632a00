/** Why a running handler is stopped from outside. */
export type Interruption = "terminate" | "shutdown"

/** The way to stop the handler of one step, from outside. The first reason counts. */
export class Interrupter {
  #by: Interruption | undefined
  #listener: ((by: Interruption) => void) | undefined

  interrupt(by: Interruption): void {
    if (this.#by !== undefined) return
    this.#by = by
    this.#listener?.(by)
  }

  /** Has the one who runs the handler told, at once when it is too late; answers how to end that. */
  listen(listener: (by: Interruption) => void): () => void {
    this.#listener = listener
    if (this.#by !== undefined) listener(this.#by)
    return () => {
      this.#listener = undefined
    }
  }
}
