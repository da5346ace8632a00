import { Context, Deferred, Effect, Exit, Fiber, Layer, Option } from "effect"
import { HostUnavailable, InvalidInput, type StateUndecodable } from "../errors.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { CurrentJob, type RunningJob } from "./CurrentJob.ts"
import { heldAlarmOf } from "./InstanceRecord.ts"
import { CurrentStep, type JobStep } from "./JobStep.ts"
import { isLasting } from "./lastingFibers.ts"
import { Settings, stopTimeoutMs } from "./Settings.ts"
import { Signals } from "./Signals.ts"
import { StepStore } from "./StepStore.ts"
import { Turns } from "./Turns.ts"
import { LastCall } from "./userCode.ts"
import { makeWaitGraph, visitorOf } from "./WaitGraph.ts"

/** A worker on an instance outside of its steps, for as long as there is work. */
export interface Attendant {
  /** Begins nothing further; resolves when everything running has ended and is stored. */
  readonly rest: Effect.Effect<void>
  /** Stops what is still running. */
  readonly stop: () => void
}

type Refusal = HostUnavailable | InvalidInput | StateUndecodable

/** The instance whose handler makes a call, if any. */
const callerOf = (job: RunningJob | undefined) => {
  if (job === undefined || job.hasEnded()) return undefined
  return job.isVisitor === true ? visitorOf(job.instanceId) : job.instanceId
}

const waitsForUs = (instanceId: string, caller: string) => {
  const problem = caller === instanceId
    ? "its own handler makes this call and would wait for itself to end"
    : `its handler waits for ${caller.split("\0")[0]}, which makes this call, so that both would wait for ever`
  return Effect.fail(new InvalidInput({ target: instanceId, field: "id", problem }))
}

/** Rolls back the uncommitted changes of a visit that fails. */
const visitOf = <A, E>(step: JobStep, body: (step: JobStep) => Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const { counter, record, version } = step
    return body(step).pipe(
      Effect.provideService(CurrentStep, step),
      Effect.onError(() =>
        Effect.sync(() => {
          step.pending.length = 0
          step.entries.clear()
          if (step.version === version) Object.assign(step, { counter, record })
        })
      )
    )
  })

/** Ensures that the steps of one instance never overlap, and that a caller who leaves does not interrupt one. */
export class Instances extends Context.Service<Instances, {
  /**
   * Runs a step once the instance is free; with `interrupt`, it stops the running handler and goes before all that
   * wait. The step runs in a fiber of the runtime, so that interrupting the caller does not interrupt it. If called
   * from inside a handler that the instance's own handler is waiting for, possibly through others, it fails with
   * InvalidInput.
   */
  readonly step: <A, E>(
    instanceId: string,
    body: (step: JobStep) => Effect.Effect<A, E>,
    options?: {
      readonly interrupt?: boolean
      /** Requested by the instance's attendant, so that it is served even while the runtime shuts down. */
      readonly attending?: boolean
    }
  ) => Effect.Effect<A, E | HostUnavailable | InvalidInput | StateUndecodable>
  /**
   * Registers the instance's attendant, until the returned function is called: meanwhile its alarm wakes nobody, and a
   * shutdown makes it rest.
   */
  readonly attend: (instanceId: string, attendant: Attendant) => () => void
  /** Rejects, as a step would be, a call to be carried out by an attendant. */
  readonly admit: Effect.Effect<void, HostUnavailable>
  /**
   * Waits, on behalf of the calling handler if there is one, for something that requires handlers of the instance to
   * end.
   */
  readonly awaiting: <A, E>(
    instanceId: string,
    answer: Effect.Effect<A, E>
  ) => Effect.Effect<A, E | InvalidInput>
  /**
   * Runs a step as `step` does, except for an instance whose handler takes visits: there it runs concurrently, on the
   * handler's own step. A visit that fails leaves that step unchanged.
   */
  readonly visit: <A, E>(
    instanceId: string,
    body: (step: JobStep) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | HostUnavailable | InvalidInput | StateUndecodable>
  readonly isBusy: (instanceId: string) => boolean
  /**
   * Rejects new steps, except those requested by running handlers; gives handlers their time, then interrupts them,
   * abandons those that do not end, and waits for all steps to end.
   */
  readonly shutdown: Effect.Effect<void>
}>()("@durable-effect/jobs/Instances") {
  static readonly layer = Layer.effect(
    Instances,
    Effect.gen(function*() {
      const store = yield* StepStore
      const host = yield* JobsHost
      const signals = yield* Signals
      const settings = yield* Settings
      const lastCall = yield* LastCall
      const runFork = Effect.runForkWith(yield* Effect.context())
      const turns = new Turns()
      const attendants = new Map<string, Attendant>()
      let running = 0
      /** Done once nothing is running. */
      let idle: Deferred.Deferred<void> | undefined
      const waits = makeWaitGraph()
      let phase: "open" | "grace" | "closed" = "open"

      const refused = () =>
        Effect.fail(
          new HostUnavailable({ host: host.name, problem: "The jobs runtime is shut down. Create a new one to go on." })
        )

      const isRefused = (caller: string | undefined) =>
        phase === "closed" || (phase === "grace" && caller === undefined)

      /** Waits for the answer on behalf of the caller's handler, if there is one. */
      const answerFor = <A, E>(caller: string | undefined, instanceId: string, answer: Effect.Effect<A, E>) =>
        caller === undefined ? answer : Effect.acquireUseRelease(
          Effect.sync(() => waits.add(caller, instanceId)),
          () => answer,
          () => Effect.sync(() => waits.remove(caller, instanceId))
        )

      const ringFor = (instanceId: string) => {
        if (signals.awaited.delete(instanceId)) signals.alarms.ring()
      }

      /** What is stored as begun, or may be since a commit has failed, is up to the alarm runner from now on. */
      const leave = ({ instanceId, record, stored }: JobStep) => {
        const alarm = heldAlarmOf(stored) ?? (record === stored ? null : heldAlarmOf(record))
        signals.cutOff.set(instanceId, alarm)
        if (alarm !== null) signals.alarms.ring()
      }

      const release = (instanceId: string) =>
        Effect.sync(() => {
          const step = turns.holderOf(instanceId)?.step
          if (step !== undefined) leave(step)
          if (turns.giveBack(instanceId) && !attendants.has(instanceId)) ringFor(instanceId)
        })

      const locked = <A, E>(
        instanceId: string,
        isStillRefused: () => boolean,
        body: (step: JobStep) => Effect.Effect<A, E>
      ) =>
        Effect.suspend(() => {
          const holder = turns.holderOf(instanceId)
          if (isStillRefused() || holder === undefined) return refused()
          return Effect.flatMap(store.open(instanceId, holder.interruption), (step) => {
            holder.step = step
            signals.cutOff.set(instanceId, null)
            // V8 permanently allocates a function written at its assignment in the old space.
            const letVisitorsIn = () => turns.letVisitorsIn(holder)
            step.letVisitorsIn = letVisitorsIn
            return Effect.provideService(body(step), CurrentStep, step)
          })
        }).pipe(Effect.ensuring(release(instanceId)))

      const hasEnded = () => {
        running -= 1
        if (running > 0 || idle === undefined) return
        Deferred.doneUnsafe(idle, Exit.void)
        idle = undefined
      }

      const untilIdle = Effect.suspend(() =>
        running === 0 ? Effect.void : Deferred.await(idle ??= Deferred.makeUnsafe())
      )

      const forked = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
        running += 1
        const fiber = runFork(effect)
        fiber.addObserver(hasEnded)
        return Fiber.join(fiber)
      }

      /** For a call that lasts, which needs no fiber of the runtime. */
      const unforked = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => {
        running += 1
        return Effect.ensuring(effect, Effect.sync(hasEnded))
      }

      const step = <A, E>(
        instanceId: string,
        body: (step: JobStep) => Effect.Effect<A, E>,
        options?: { readonly interrupt?: boolean; readonly attending?: boolean }
      ) =>
        Effect.withFiber((fiber): Effect.Effect<A, E | Refusal> => {
          const caller = callerOf(Context.get(fiber.context, CurrentJob))
          const interrupt = options?.interrupt ?? false
          const isStillRefused = () => isRefused(caller) && (phase === "closed" || options?.attending !== true)
          if (isStillRefused()) return refused()
          if (caller !== undefined && !interrupt && waits.leads(instanceId, caller)) {
            return waitsForUs(instanceId, caller)
          }
          const turn = turns.take(instanceId, interrupt ? "interrupt" : "wait")
          const inTurn = Effect.flatMapEager(turn, () => locked(instanceId, isStillRefused, body))
          if (caller === undefined && isLasting(fiber)) return unforked(inTurn)
          return answerFor(caller, instanceId, forked(inTurn))
        })

      const visit = <A, E>(instanceId: string, body: (step: JobStep) => Effect.Effect<A, E>) =>
        CurrentJob.use((job): Effect.Effect<A, E | Refusal> => {
          const caller = callerOf(job)
          if (isRefused(caller)) return refused()
          const visited = turns.holderOf(instanceId)?.step
          const gate = visited?.gate
          if (visited !== undefined && gate !== undefined) {
            const visitor = visitorOf(instanceId)
            if (caller !== undefined && waits.leads(visitor, caller)) return waitsForUs(instanceId, caller)
            const answer = answerFor(caller, visitor, forked(gate.during(visitOf(visited, body))))
            return Effect.flatMap(
              answer,
              Option.match({ onNone: () => visit(instanceId, body), onSome: Effect.succeed })
            )
          }
          if (caller !== undefined && waits.leads(instanceId, caller)) return waitsForUs(instanceId, caller)
          const answer = Effect.flatMap(
            turns.take(instanceId, "visit"),
            (turn) =>
              turn === "mayVisit"
                ? Effect.succeedNone
                : Effect.asSome(locked(instanceId, () => isRefused(caller), body))
          )
          return Effect.flatMap(
            answerFor(caller, instanceId, forked(answer)),
            Option.match({ onNone: () => visit(instanceId, body), onSome: Effect.succeed })
          )
        })

      return {
        step,
        visit,
        attend: (instanceId, attendant) => {
          attendants.set(instanceId, attendant)
          return () => {
            attendants.delete(instanceId)
            if (turns.holderOf(instanceId) === undefined) ringFor(instanceId)
          }
        },
        admit: CurrentJob.use((job) => isRefused(callerOf(job)) ? refused() : Effect.void),
        awaiting: <A, E>(instanceId: string, answer: Effect.Effect<A, E>) =>
          CurrentJob.use((job): Effect.Effect<A, E | InvalidInput> => {
            const caller = callerOf(job)
            return caller !== undefined && waits.leads(instanceId, caller)
              ? waitsForUs(instanceId, caller)
              : answerFor(caller, instanceId, answer)
          }),
        isBusy: (instanceId) => turns.holderOf(instanceId) !== undefined || attendants.has(instanceId),
        shutdown: Effect.gen(function*() {
          phase = "grace"
          // Repeatedly, since handlers may request steps while these are waited for.
          const ended: Effect.Effect<void> = Effect.suspend(() =>
            running + attendants.size === 0 ? Effect.void : Effect.andThen(
              Effect.all([untilIdle, ...Array.from(attendants.values(), ({ rest }) => rest)], {
                concurrency: "unbounded",
                discard: true
              }),
              ended
            )
          )
          yield* Effect.raceFirst(ended, Effect.sleep(settings.gracePeriodMs))
          phase = "closed"
          turns.interruptAll("shutdown")
          for (const { stop } of attendants.values()) stop()
          yield* Effect.raceFirst(ended, Effect.sleep(stopTimeoutMs))
          lastCall.openUnsafe()
          yield* ended
        })
      }
    })
  )
}
