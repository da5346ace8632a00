import { Cause, Effect, Exit, Fiber, ManagedRuntime } from "effect"
import { Dispatcher } from "./Dispatcher.ts"
import { forkLasting, lasting } from "./engine/lastingFibers.ts"
import { OutboxDrain } from "./engine/OutboxDrain.ts"
import { Shutdown } from "./engine/Shutdown.ts"
import { Slots } from "./engine/Slots.ts"
import { HostUnavailable } from "./errors.ts"
import type { AnyDefinitions, JobRegistry, RegistryServices } from "./JobRegistry.ts"
import type { AnswerTo, JobAnswer, JobRequest } from "./JobRequest.ts"
import { JobsRuntime, type JobsRuntimeArguments, type JobsServices } from "./JobsRuntime.ts"
import { makePromiseClient, type PromiseJobsClient } from "./PromiseJobsClient.ts"

/** A running runtime. Every promise rejects with the typed error itself (`error._tag`). */
export interface CreatedJobsRuntime<Defs extends AnyDefinitions> {
  readonly client: PromiseJobsClient<Defs>
  /** Resolves when the host is open, rejects when it cannot be: HostUnavailable. Calls do not need it. */
  readonly ready: () => Promise<void>
  /** Does what a request asks. For hosts that receive calls as data. */
  readonly handle: <R extends JobRequest>(request: R) => Promise<AnswerTo<R>>
  /** Runs what is due for an instance; does nothing when nothing is. For hosts that bring their own alarms. */
  readonly handleAlarm: (instanceId: string) => Promise<void>
  /**
   * Resolves when the events committed so far are delivered, as soon as the tracker says that it cannot be now, or
   * after 3 s. What is not delivered stays in the outbox.
   */
  readonly flush: () => Promise<void>
  /**
   * Lets running handlers end (`gracePeriod` at most), interrupts the others and leaves behind what does not end then (as
   * long again, 3 s at most), sends what events can be sent (3 s at most) and closes tracker and host. A tracker has its
   * own time for closing: one on HTTP its `shutdownTimeout`, 3 s more by default.
   */
  readonly dispose: () => Promise<void>
}

const isDisposed = (whatToDo: string) =>
  new HostUnavailable({ host: "runtime", problem: `The jobs runtime is disposed. ${whatToDo}` })

/**
 * Starts a runtime: its alarms run from now on, those that are overdue at once. Throws a RangeError that names the option
 * when one is out of range.
 */
export const createJobsRuntime = <Defs extends AnyDefinitions, E = never, TrackerError = never, HostError = never>(
  registry: JobRegistry<Defs>,
  ...options: JobsRuntimeArguments<RegistryServices<Defs>, E, TrackerError, HostError>
): CreatedJobsRuntime<Defs> => {
  const managed = ManagedRuntime.make(JobsRuntime.layer<Defs, E, TrackerError, HostError>(registry, ...options))
  let disposed: Promise<void> | undefined
  const calls = new Slots<Fiber.Fiber<unknown, unknown>>()

  /** Once the runtime is up, a call costs less so than by the managed runtime, which keeps a scope of its fibers. */
  const exitOf = <A, E>(effect: Effect.Effect<A, E, JobsServices>): Promise<Exit.Exit<A, unknown>> => {
    const { cachedContext } = managed
    if (cachedContext === undefined) return managed.runPromiseExit(lasting(effect))
    return new Promise((resolve) => {
      const call = forkLasting(effect, cachedContext)
      const place = calls.add(call)
      call.addObserver((exit) => {
        calls.remove(place)
        resolve(exit)
      })
    })
  }

  const run = async <A, E>(effect: Effect.Effect<A, E, JobsServices>): Promise<A> => {
    if (disposed !== undefined) throw isDisposed("Create a new one to go on.")
    const exit = await exitOf(effect)
    if (Exit.isSuccess(exit)) return exit.value
    if (disposed !== undefined && Cause.hasInterruptsOnly(exit.cause)) {
      throw isDisposed("It may have done what was asked: create a new one and repeat the call with its dedupeKey.")
    }
    throw Cause.squash(exit.cause)
  }

  // Nobody may call for a long time, and alarms are due all the same. Who calls meets the error of a failed start.
  const ready = run(Effect.void)
  ready.catch(() => undefined)

  // That the answer is of the request's type is known to the signature alone.
  function handle<R extends JobRequest>(request: R): Promise<AnswerTo<R>>
  function handle(request: JobRequest): Promise<JobAnswer> {
    return run(Effect.flatMap(Dispatcher, (dispatcher) => dispatcher.handle(request)))
  }

  return {
    client: makePromiseClient(registry, run),
    ready: () => ready,
    handle,
    handleAlarm: (instanceId) => run(Effect.flatMap(Dispatcher, (dispatcher) => dispatcher.handleAlarm(instanceId))),
    flush: () => run(Effect.flatMap(OutboxDrain, (outbox) => outbox.flush)),
    dispose: () => {
      // The managed runtime interrupts its callers as soon as it closes, so running handlers get their time before.
      disposed ??= managed.runPromiseExit(Effect.flatMap(Shutdown, (shutdown) => shutdown.now))
        .then(() => Effect.runPromise(Fiber.interruptAll(calls.items)))
        .then(() => managed.dispose())
      return disposed
    }
  }
}
