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
  /**
   * Resolves once the host is open; rejects with HostUnavailable if it cannot be opened. Calls need not wait for it.
   */
  readonly ready: () => Promise<void>
  /** Executes a request. For hosts that receive calls as data. */
  readonly handle: <R extends JobRequest>(request: R) => Promise<AnswerTo<R>>
  /** Runs whatever is due for an instance; does nothing if nothing is. For hosts with their own alarms. */
  readonly handleAlarm: (instanceId: string) => Promise<void>
  /**
   * Resolves when the events committed so far are delivered, as soon as the tracker reports that they cannot be now, or
   * after 3 s. Undelivered events stay in the outbox.
   */
  readonly flush: () => Promise<void>
  /**
   * Lets running handlers finish (at most `gracePeriod`), interrupts the others and abandons those that do not end then
   * (the same time again, at most 3 s), sends what events it can (at most 3 s) and closes tracker and host. A tracker
   * has its own time for closing: an HTTP tracker its `shutdownTimeout`, by default 3 s more.
   */
  readonly dispose: () => Promise<void>
}

const isDisposed = (whatToDo: string) =>
  new HostUnavailable({ host: "runtime", problem: `The jobs runtime is disposed. ${whatToDo}` })

/**
 * Starts a runtime: its alarms run from now on, overdue ones immediately. Throws a RangeError naming any option that is
 * out of range.
 */
export const createJobsRuntime = <Defs extends AnyDefinitions, E = never, TrackerError = never, HostError = never>(
  registry: JobRegistry<Defs>,
  ...options: JobsRuntimeArguments<RegistryServices<Defs>, E, TrackerError, HostError>
): CreatedJobsRuntime<Defs> => {
  const managed = ManagedRuntime.make(JobsRuntime.layer<Defs, E, TrackerError, HostError>(registry, ...options))
  let disposed: Promise<void> | undefined
  const calls = new Slots<Fiber.Fiber<unknown, unknown>>()

  /**
   * Once the runtime is up, this makes a call cheaper than through the managed runtime, which keeps a scope of its
   * fibers.
   */
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

  // Start now: nobody may call for a long time, yet alarms are due. Callers receive the error of a failed start.
  const ready = run(Effect.void)
  ready.catch(() => undefined)

  // Only the signature knows that the answer matches the request's type.
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
      // The managed runtime interrupts its callers as soon as it closes, so running handlers get their time first.
      disposed ??= managed.runPromiseExit(Effect.flatMap(Shutdown, (shutdown) => shutdown.now))
        .then(() => Effect.runPromise(Fiber.interruptAll(calls.items)))
        .then(() => managed.dispose())
      return disposed
    }
  }
}
