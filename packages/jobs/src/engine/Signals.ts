import { Clock, Context, Effect, type Fiber, Latch, Layer } from "effect"
import { SortedAlarms } from "../host/SortedAlarms.ts"
import { longestSleepMs } from "./sleepUntil.ts"

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

/** How a step notifies the background fibers that there is something to do. */
export class Signals extends Context.Service<Signals, {
  /** Rung when an alarm may be due. */
  readonly alarms: Signal
  readonly outbox: Signal
  /**
   * Rings `alarms` at this instant, epoch milliseconds, unless it is already to ring earlier. The sleep has begun when
   * this returns.
   */
  readonly wakeAt: (dueAt: number) => void
  /** Instances with a due alarm that were busy when the runner looked. */
  readonly awaited: Set<string>
  /**
   * Held alarms whose instance has no step: attempts that were interrupted, in this process or an earlier one. At the
   * beginning of a process, those found are included even where a step is being opened.
   */
  readonly cutOff: SortedAlarms
}>()("@durable-effect/jobs/Signals") {
  static readonly layer = Layer.effect(
    Signals,
    Effect.gen(function*() {
      const runFork = Effect.runForkWith(yield* Effect.context())
      const clock = yield* Clock.Clock
      const alarms = makeSignal()
      let timer: { readonly dueAt: number; readonly fiber: Fiber.Fiber<void> } | undefined

      const stop = () => {
        timer?.fiber.interruptUnsafe()
        timer = undefined
      }
      yield* Effect.addFinalizer(() => Effect.sync(stop))

      return {
        alarms,
        outbox: makeSignal(),
        wakeAt: (dueAt) => {
          if (timer !== undefined && timer.dueAt <= dueAt) return
          stop()
          const sleepMs = dueAt - clock.currentTimeMillisUnsafe()
          if (sleepMs <= 0) return alarms.ring()
          const ring = Effect.sync(() => {
            timer = undefined
            alarms.ring()
          })
          // Run from here, so that a test's clock knows about the alarm before the caller has its answer.
          const fiber = runFork(Effect.andThen(Effect.sleep(Math.min(sleepMs, longestSleepMs)), ring))
          timer = { dueAt, fiber }
        },
        awaited: new Set<string>(),
        cutOff: new SortedAlarms()
      }
    })
  )
}
