import { Context, Effect, type Exit, Fiber, Latch, References } from "effect"
import type { Interrupter, Interruption } from "./Interrupter.ts"
import { Settings } from "./Settings.ts"

/** Opens once a shutdown has no more time for interrupted user code. Each runtime has its own. */
export const LastCall = Context.Reference<Latch.Latch>("@durable-effect/jobs/LastCall", {
  defaultValue: () => Latch.makeUnsafe()
})

const waitForEnd = Effect.fnUntraced(function*(fiber: Fiber.Fiber<unknown, unknown>) {
  const { gracePeriodMs } = yield* Settings
  const { await: lastCall } = yield* LastCall
  yield* Effect.raceAllFirst([Fiber.await(fiber), Effect.sleep(gracePeriodMs), lastCall])
  if (fiber.pollUnsafe() !== undefined) return
  yield* Effect.logWarning(
    "User code was interrupted and has not ended in time. It is left behind: nothing that it does from now on counts"
  ).pipe(Effect.annotateLogs({ ...fiber.getRef(References.CurrentLogAnnotations) }))
})

/**
 * Interrupts user code and waits for its end, at most the grace period: it may be uninterruptible, or have slow
 * finalizers. Only for fibers without a parent, which would wait for them.
 */
export const stopUserCode = (fiber: Fiber.Fiber<unknown, unknown>): Effect.Effect<void> =>
  Effect.suspend(() => {
    fiber.interruptUnsafe()
    return fiber.pollUnsafe() === undefined ? waitForEnd(fiber) : Effect.void
  })

export interface UserCodeOptions<A, B, E> {
  readonly code: Effect.Effect<A, unknown>
  /** The interrupter of the step it runs in. */
  readonly interruption: Interrupter
  /** Called when it has ended, or is to end. */
  readonly onEnd: (how: Exit.Exit<A, unknown> | Interruption) => void
  /** Waits for the end reported by `onEnd`, or for another one. */
  readonly ended: Effect.Effect<B, E>
  /** What else to end once it has ended. */
  readonly close?: () => Effect.Effect<void>
}

/** Runs user code in a fiber of its own, which is stopped once `ended` is done. */
export const runUserCode = <A, B, E>(
  { close = () => Effect.void, code, ended, interruption, onEnd }: UserCodeOptions<A, B, E>
): Effect.Effect<B, E> =>
  Effect.flatMap(Effect.forkDetach(code, { startImmediately: true }), (fiber) => {
    const stopListening = interruption.listen(onEnd)
    fiber.addObserver(onEnd)
    // Usually it has ended by now, and there is nothing to wait for or to stop.
    if (fiber.pollUnsafe() !== undefined) {
      stopListening()
      return Effect.andThen(close(), ended)
    }
    return Effect.ensuring(
      ended,
      Effect.suspend(() => {
        stopListening()
        return fiber.pollUnsafe() === undefined ? Effect.andThen(stopUserCode(fiber), close) : close()
      })
    )
  })
