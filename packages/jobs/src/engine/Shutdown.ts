import { Context, Effect, Fiber, Layer } from "effect"
import { AlarmRunner } from "./AlarmRunner.ts"
import { Housekeeping } from "./Housekeeping.ts"
import { Instances } from "./Instances.ts"
import { OutboxDrain } from "./OutboxDrain.ts"

/** The background work of a runtime, and its orderly end. */
export class Shutdown extends Context.Service<Shutdown, {
  /** Lets running handlers finish, at most `gracePeriod`, then sends what events it can. Happens once. */
  readonly now: Effect.Effect<void>
}>()("@durable-effect/jobs/Shutdown") {
  /** Serves alarms and drains the outbox until the scope closes. */
  static readonly layer = Layer.effect(
    Shutdown,
    Effect.gen(function*() {
      const alarms = yield* AlarmRunner
      const instances = yield* Instances
      const outbox = yield* OutboxDrain
      const housekeeping = yield* Housekeeping
      // Detached, because fibers of the layer's scope are interrupted before the finalizer below could drain.
      const alarmFiber = yield* Effect.forkDetach(alarms.run, { startImmediately: true })
      const outboxFiber = yield* Effect.forkDetach(outbox.run, { startImmediately: true })
      const housekeepingFiber = yield* Effect.forkDetach(housekeeping.run, { startImmediately: true })
      const now = yield* Effect.cached(Effect.gen(function*() {
        yield* Fiber.interruptAll([alarmFiber, housekeepingFiber])
        yield* instances.shutdown
        yield* Fiber.interrupt(outboxFiber)
        yield* outbox.flush
      }))
      yield* Effect.addFinalizer(() => now)
      return { now }
    })
  )
}
