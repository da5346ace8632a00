import { Effect } from "effect"

/** Something that changes from time to time, and those who wait for it to change in a certain way. */
export class Changes {
  readonly #waiting = new Set<() => void>()

  /** Lets everybody look again. */
  note(): void {
    for (const look of this.#waiting) look()
  }

  /** Ends once it is so. */
  until(isSo: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const look = () => {
        if (!isSo()) return
        this.#waiting.delete(look)
        resume(Effect.void)
      }
      this.#waiting.add(look)
      look()
      return Effect.sync(() => this.#waiting.delete(look))
    })
  }
}
