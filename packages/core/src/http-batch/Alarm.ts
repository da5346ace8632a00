import { Effect, Exit } from "effect"

/** Runs an effect and returns a function that interrupts it. */
export type Run = <A, E>(
  effect: Effect.Effect<A, E>,
  options: { readonly onExit: (exit: Exit.Exit<A, E>) => void }
) => () => void

/** Rings at the earliest requested instant. It may ring once too often but never late: an extra check is cheap. */
export class Alarm {
  readonly #run: Run
  readonly #ring: () => void
  #set: { readonly at: number; readonly stop: () => void } | undefined

  constructor(run: Run, ring: () => void) {
    this.#run = run
    this.#ring = ring
  }

  /** Both instants are milliseconds of the same clock; `Infinity` means never. */
  ringAt(at: number, now: number): void {
    if (at === Infinity) return this.stop()
    // A timer that is overdue is dead: a Worker's timers end with the request that set them.
    if (this.#set !== undefined && this.#set.at <= at && this.#set.at >= now) return
    this.#set?.stop()
    const stop = this.#run(Effect.sleep(Math.max(at - now, 0)), {
      onExit: (exit) => {
        if (Exit.isFailure(exit)) return // stopped
        this.#set = undefined
        this.#ring()
      }
    })
    this.#set = { at, stop }
  }

  stop(): void {
    this.#set?.stop()
    this.#set = undefined
  }
}
