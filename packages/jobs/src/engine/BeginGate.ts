import { Effect, Option, Semaphore } from "effect"

/** Guards the begin commit of one attempt, for all fibers that may request it. Usually none does. */
export class BeginGate<E> {
  readonly #commitBegin: Effect.Effect<void, E>
  #permit: Semaphore.Semaphore | undefined
  #at: "waiting" | "begun" | "closed" = "waiting"
  /** Number of fibers that hold the permit or wait for it: without any, closing is a plain assignment. */
  #users = 0

  constructor(commitBegin: Effect.Effect<void, E>) {
    this.#commitBegin = commitBegin
  }

  get isClosed(): boolean {
    return this.#at === "closed"
  }

  /**
   * Commits the begin once, however many request it; further requests wait for it. Returns whether the attempt is
   * stored as begun; false once the gate is closed, since the step then no longer belongs to the attempt.
   */
  begin(): Effect.Effect<boolean, E> {
    return this.#alone(this.#commitOnce())
  }

  /**
   * Runs something on the step while user code continues, after the begin; one at a time. `None` once the gate is
   * closed.
   */
  during<A, E2, R>(visit: Effect.Effect<A, E2, R>): Effect.Effect<Option.Option<A>, E | E2, R> {
    return this.#alone(
      Effect.flatMap(this.#commitOnce(), (begun) => begun ? Effect.asSome(visit) : Effect.succeed(Option.none<A>()))
    )
  }

  /** Closes the gate: `begin` commits nothing and `during` runs nothing from now on. Waits for what is in progress. */
  close(): Effect.Effect<void> {
    const close = () => {
      this.#at = "closed"
    }
    if (this.#users > 0) return this.#onePermit().withPermit(Effect.sync(close))
    close()
    return Effect.void
  }

  #commitOnce(): Effect.Effect<boolean, E> {
    return Effect.suspend(() =>
      this.#at === "waiting"
        // Once requested, a begin may be stored whoever waits for it: an attempt must not end without knowing.
        ? Effect.uninterruptible(Effect.map(this.#commitBegin, () => {
          this.#at = "begun"
          return true
        }))
        : Effect.succeed(this.#at === "begun")
    )
  }

  #onePermit(): Semaphore.Semaphore {
    return this.#permit ??= Semaphore.makeUnsafe(1)
  }

  #alone<A, E2, R>(effect: Effect.Effect<A, E2, R>): Effect.Effect<A, E2, R> {
    return Effect.suspend(() => {
      this.#users += 1
      return Effect.ensuring(
        this.#onePermit().withPermit(effect),
        Effect.sync(() => {
          this.#users -= 1
        })
      )
    })
  }
}
