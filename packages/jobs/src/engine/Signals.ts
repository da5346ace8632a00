import { Context, Effect, Latch, Layer } from "effect"

/** A doorbell: rings are not counted, and one rung while nobody waits is heard by the next who does. */
export interface Signal {
  readonly ring: () => void
  readonly wait: Effect.Effect<void>
}

const makeSignal = (): Signal => {
  const latch = Latch.makeUnsafe()
  return {
    ring: () => {
      latch.openUnsafe()
    },
    wait: Effect.andThen(
      latch.await,
      Effect.sync(() => {
        latch.closeUnsafe()
      })
    )
  }
}

/** How a step tells the background fibers that there is something to do. */
export class Signals extends Context.Service<Signals, {
  readonly alarms: Signal
  readonly outbox: Signal
  /** Until when the alarm runner sleeps, epoch milliseconds: an alarm before that has to wake it. */
  sleepsUntil: number
  /** Instances with a due alarm that were busy when the runner looked. */
  readonly awaited: Set<string>
}>()("@durable-effect/jobs/Signals") {
  static readonly layer = Layer.sync(Signals, () => ({
    alarms: makeSignal(),
    outbox: makeSignal(),
    sleepsUntil: Infinity,
    awaited: new Set<string>()
  }))
}
