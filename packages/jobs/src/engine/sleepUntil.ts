import { Clock, Effect } from "effect"

/**
 * A sleep is measured by a monotonic clock: after a suspend or a correction of the wall clock it would end that much
 * too late. So longer waits are split into pieces, and nobody wakes later than one of them. It also keeps them within
 * the reach of the platform's timers.
 */
export const longestSleepMs = 30_000

/** Sleeps until an instant of the wall clock, epoch milliseconds; never ends before it. */
export const sleepUntil = (at: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now >= at
      ? Effect.void
      : Effect.andThen(Effect.sleep(Math.min(at - now, longestSleepMs)), sleepUntil(at)))
