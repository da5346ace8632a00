import { Clock, Effect, type Fiber } from "effect"
import { sleepUntil } from "../../engine/sleepUntil.ts"

export interface RoundsOptions {
  readonly runFork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>
  /** One round. If it is woken meanwhile, another one follows. */
  readonly round: Effect.Effect<void>
  /**
   * Called after the last round, synchronously with the decision that it is the last. Returns when the next one begins
   * without being woken, epoch milliseconds; undefined for never.
   */
  readonly onAsleep: (now: number) => number | undefined
}

/**
 * Work done in rounds, one at a time. Returns the function that wakes it: `asleep → awake`, and back once a round has
 * ended in which nobody woke it.
 */
export const makeRounds = ({ onAsleep, round, runFork }: RoundsOptions): () => void => {
  let state: "asleep" | "awake" | "wokenAgain" = "asleep"
  let timer: { readonly at: number; readonly fiber: Fiber.Fiber<void> } | undefined

  const wake = () => {
    const isRunning = state !== "asleep"
    state = "wokenAgain"
    if (!isRunning) runFork(rounds)
  }

  const onTimer = Effect.sync(() => {
    timer = undefined
    wake()
  })

  const setTimer = (at: number | undefined, now: number) => {
    if (at === timer?.at) return
    timer?.fiber.interruptUnsafe()
    timer = undefined
    if (at === undefined) return
    if (at <= now) return wake()
    timer = { at, fiber: runFork(Effect.andThen(sleepUntil(at), onTimer)) }
  }

  const isWokenAgain = () => state === "wokenAgain"

  const rounds: Effect.Effect<void> = Effect.gen(function*() {
    while (true) {
      // Whatever wakes it in the same turn of the scheduler shares a round.
      yield* Effect.yieldNow
      state = "awake"
      yield* round
      const now = yield* Clock.currentTimeMillis
      // No yielding from here on.
      if (isWokenAgain()) continue
      state = "asleep"
      return setTimer(onAsleep(now), now)
    }
  })

  return wake
}
