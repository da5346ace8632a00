import { Context, Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { HostUnavailable, type StateUndecodable } from "../errors.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { CurrentStep, type Interruption, type JobStep } from "./JobStep.ts"
import { Settings } from "./Settings.ts"
import { Signals } from "./Signals.ts"
import { StepStore } from "./StepStore.ts"

/** Who holds an instance and who waits for it. */
interface Holder {
  interruption: Deferred.Deferred<Interruption>
  readonly waiting: Array<Deferred.Deferred<void>>
}

/** Sees to it that the steps of one instance never overlap, and that a caller who leaves does not cut one short. */
export class Instances extends Context.Service<Instances, {
  /**
   * Runs a step once the instance is free; with `interrupt` it stops the handler that runs and goes before all that
   * wait. It runs in a fiber of the runtime, so that interrupting the caller does not interrupt it.
   */
  readonly step: <A, E>(
    instanceId: string,
    body: (step: JobStep) => Effect.Effect<A, E>,
    options?: { readonly interrupt?: boolean }
  ) => Effect.Effect<A, E | HostUnavailable | StateUndecodable>
  readonly isBusy: (instanceId: string) => boolean
  readonly busyCount: () => number
  /** Refuses new steps, gives running ones their time, then interrupts their handlers and waits for the steps to end. */
  readonly shutdown: Effect.Effect<void>
}>()("@durable-effect/jobs/Instances") {
  static readonly layer = Layer.effect(
    Instances,
    Effect.gen(function*() {
      const store = yield* StepStore
      const host = yield* JobsHost
      const signals = yield* Signals
      const settings = yield* Settings
      const runFork = Effect.runForkWith(yield* Effect.context())
      const holders = new Map<string, Holder>()
      const running = new Set<Fiber.Fiber<unknown, unknown>>()
      let closing = false

      const refused = () =>
        Effect.fail(
          new HostUnavailable({ host: host.name, problem: "The jobs runtime is shut down. Create a new one to go on." })
        )

      const acquire = (instanceId: string, interrupt: boolean) =>
        Effect.suspend(() => {
          const holder = holders.get(instanceId)
          if (holder === undefined) {
            holders.set(instanceId, { interruption: Deferred.makeUnsafe(), waiting: [] })
            return Effect.void
          }
          const turn = Deferred.makeUnsafe<void>()
          if (interrupt) {
            // Queued before it is told, since the handler may end before the next line.
            holder.waiting.unshift(turn)
            Deferred.doneUnsafe(holder.interruption, Exit.succeed("terminate"))
          } else holder.waiting.push(turn)
          return Deferred.await(turn)
        })

      const release = (instanceId: string) =>
        Effect.sync(() => {
          const holder = holders.get(instanceId)
          const next = holder?.waiting.shift()
          if (holder === undefined || next === undefined) {
            holders.delete(instanceId)
            if (signals.awaited.delete(instanceId)) signals.alarms.ring()
          } else {
            holder.interruption = Deferred.makeUnsafe()
            Deferred.doneUnsafe(next, Exit.void)
          }
        })

      const locked = <A, E>(instanceId: string, body: (step: JobStep) => Effect.Effect<A, E>) =>
        Effect.gen(function*() {
          const interruption = holders.get(instanceId)?.interruption
          if (closing || interruption === undefined) return yield* refused()
          const step = yield* store.open(instanceId, interruption)
          return yield* Effect.provideService(body(step), CurrentStep, step)
        }).pipe(Effect.ensuring(release(instanceId)))

      return {
        step: (instanceId, body, options) =>
          Effect.suspend(() => {
            if (closing) return refused()
            const fiber = runFork(
              Effect.andThen(acquire(instanceId, options?.interrupt ?? false), locked(instanceId, body))
            )
            running.add(fiber)
            fiber.addObserver(() => running.delete(fiber))
            return Fiber.join(fiber)
          }),
        isBusy: (instanceId) => holders.has(instanceId),
        busyCount: () => holders.size,
        shutdown: Effect.gen(function*() {
          closing = true
          const ended = Effect.suspend(() => Effect.asVoid(Fiber.awaitAll([...running])))
          yield* Effect.raceFirst(ended, Effect.sleep(settings.gracePeriodMs))
          for (const holder of holders.values()) Deferred.doneUnsafe(holder.interruption, Exit.succeed("shutdown"))
          yield* ended
        })
      }
    })
  )
}
