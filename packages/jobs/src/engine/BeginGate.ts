import { Effect, type Option, Semaphore } from "effect"

/** The way to the begin commit of one attempt, for all fibers that may ask for it. */
export interface BeginGate<E> {
  /**
   * Commits the begin, once, however many ask; who asks while it is under way waits for it. Answers whether the attempt
   * is stored as begun; false once the gate is closed, since the step is then no longer the attempt's.
   */
  readonly begin: Effect.Effect<boolean, E>
  /**
   * Runs something on the step while user code goes on, after the begin; one such thing at a time. None once the gate is
   * closed.
   */
  readonly during: <A, E2, R>(visit: Effect.Effect<A, E2, R>) => Effect.Effect<Option.Option<A>, E | E2, R>
  /** From now on `begin` commits nothing and `during` runs nothing. Waits for what is under way. */
  readonly close: () => Effect.Effect<void>
  readonly isClosed: () => boolean
}

export const makeBeginGate = <E>(commitBegin: Effect.Effect<void, E>): BeginGate<E> => {
  let made: Semaphore.Semaphore | undefined
  const permit = () => made ??= Semaphore.makeUnsafe(1)
  let at: "waiting" | "begun" | "closed" = "waiting"
  /** Who holds the permit or waits for it: mostly nobody, and then closing takes no more than a word. */
  let users = 0

  const alone = <A, E2, R>(effect: Effect.Effect<A, E2, R>) =>
    Effect.suspend(() => {
      users += 1
      return Effect.ensuring(
        permit().withPermit(effect),
        Effect.sync(() => {
          users -= 1
        })
      )
    })

  // Once asked for, a begin may be stored whoever waits for it: an attempt must not end without knowing.
  const commit = Effect.uninterruptible(
    Effect.map(commitBegin, () => {
      at = "begun"
      return true
    })
  )
  const begin = Effect.suspend(() => at === "waiting" ? commit : Effect.succeed(at === "begun"))
  const close = () => {
    at = "closed"
  }
  return {
    begin: alone(begin),
    during: (visit) => alone(Effect.flatMap(begin, (begun) => begun ? Effect.asSome(visit) : Effect.succeedNone)),
    close: () => {
      if (users > 0) return permit().withPermit(Effect.sync(close))
      close()
      return Effect.void
    },
    isClosed: () => at === "closed"
  }
}
