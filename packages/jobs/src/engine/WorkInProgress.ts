import { Deferred, Effect, Exit, Fiber } from "effect"

type RunFork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

/** Counts what is in progress, so that a shutdown can wait for it. */
export class WorkInProgress {
  readonly #runFork: RunFork
  #count = 0
  /** Done once nothing is in progress; undefined while nobody waits for that. */
  #none: Deferred.Deferred<void> | undefined

  constructor(runFork: RunFork) {
    this.#runFork = runFork
  }

  get isNone(): boolean {
    return this.#count === 0
  }

  /** Resolves as soon as nothing is in progress. */
  readonly none: Effect.Effect<void> = Effect.suspend(() =>
    this.isNone ? Effect.void : Deferred.await(this.#none ??= Deferred.makeUnsafe())
  )

  /** Runs the effect in a fiber of the runtime, begun immediately: whoever waits for it may leave without stopping it. */
  fork<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    this.#count += 1
    const fiber = this.#runFork(effect)
    fiber.addObserver(this.#onEnd)
    return Fiber.join(fiber)
  }

  /** Like `fork` for a caller that does not leave: the effect needs no fiber of its own. It counts from now on. */
  stay<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    this.#count += 1
    return Effect.ensuring(effect, Effect.sync(this.#onEnd))
  }

  readonly #onEnd = (): void => {
    this.#count -= 1
    if (this.#count > 0 || this.#none === undefined) return
    Deferred.doneUnsafe(this.#none, Exit.void)
    this.#none = undefined
  }
}
