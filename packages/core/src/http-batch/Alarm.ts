import { Effect, Exit } from "effect"

/** Runs an effect and answers how to interrupt it. */
export type Run = <A, E>(
  effect: Effect.Effect<A, E>,
  options: { readonly onExit: (exit: Exit.Exit<A, E>) => void }
) => () => void

/** Rings at the earliest instant that was asked for. May ring once too often, never too late: asking again costs nothing. */
export class Alarm {
  readonly #run: Run
  readonly #ring: () => void
  #set: { readonly at: number; readonly stop: () => void } | undefined

  constructor(run: Run, ring: () => void) {
    this.#run = run
    this.#ring = ring
  }

  /** Instants are milliseconds of the same clock; `Infinity` is never. */
  ringAt(at: number, now: number): void {
    if (at === Infinity) return this.stop()
    // One that should have rung is dead: a Worker's timers end with the request that made them.
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
