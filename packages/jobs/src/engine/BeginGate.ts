import { Effect, Semaphore } from "effect"

/** The way to the begin commit of one attempt, for all fibers that may ask for it. */
export interface BeginGate<E> {
  /**
   * Commits the begin, once, however many ask; who asks while it is under way waits for it. Answers whether the attempt
   * is stored as begun; false once the gate is closed, since the step is then no longer the attempt's.
   */
  readonly begin: Effect.Effect<boolean, E>
  /** From now on `begin` commits nothing. Waits for a commit that is under way. */
  readonly close: Effect.Effect<void>
  readonly isClosed: () => boolean
}

export const makeBeginGate = <E>(commitBegin: Effect.Effect<void, E>): BeginGate<E> => {
  const permit = Semaphore.makeUnsafe(1)
  let at: "waiting" | "begun" | "closed" = "waiting"
  return {
    begin: permit.withPermit(Effect.suspend(() =>
      at === "waiting"
        ? Effect.as(
          Effect.tap(commitBegin, () =>
            Effect.sync(() => {
              at = "begun"
            })),
          true
        )
        : Effect.succeed(at === "begun")
    )),
    close: permit.withPermit(Effect.sync(() => {
      at = "closed"
    })),
    isClosed: () => at === "closed"
  }
}
