import { Effect, Option, Semaphore } from "effect"

/** The way to the begin commit of one attempt, for all fibers that may ask for it. Mostly nobody does. */
export class BeginGate<E> {
  readonly #commitBegin: Effect.Effect<void, E>
  #permit: Semaphore.Semaphore | undefined
  #at: "waiting" | "begun" | "closed" = "waiting"
  /** Who holds the permit or waits for it: without any, closing takes no more than a word. */
  #users = 0

  constructor(commitBegin: Effect.Effect<void, E>) {
    this.#commitBegin = commitBegin
  }

  get isClosed(): boolean {
    return this.#at === "closed"
  }

  /**
   * Commits the begin, once, however many ask; who asks while it is under way waits for it. Answers whether the attempt
   * is stored as begun; false once the gate is closed, since the step is then no longer the attempt's.
   */
  begin(): Effect.Effect<boolean, E> {
    return this.#alone(this.#commitOnce())
  }

  /**
   * Runs something on the step while user code goes on, after the begin; one such thing at a time. None once the gate is
   * closed.
   */
  during<A, E2, R>(visit: Effect.Effect<A, E2, R>): Effect.Effect<Option.Option<A>, E | E2, R> {
    return this.#alone(
      Effect.flatMap(this.#commitOnce(), (begun) => begun ? Effect.asSome(visit) : Effect.succeed(Option.none<A>()))
    )
  }

  /** From now on `begin` commits nothing and `during` runs nothing. Waits for what is under way. */
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
        // Once asked for, a begin may be stored whoever waits for it: an attempt must not end without knowing.
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
