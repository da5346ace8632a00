import { Context, Effect, Layer, Option } from "effect"
import { HostUnavailable, type InvalidInput, type StateUndecodable } from "../errors.ts"
import { JobsHost } from "../host/JobsHost.ts"
import { CurrentJob } from "./CurrentJob.ts"
import { type Caller, callerOf, HandlerWaits } from "./HandlerWaits.ts"
import { heldAlarmOf } from "./InstanceRecord.ts"
import { CurrentStep, type JobStep } from "./JobStep.ts"
import { isLasting } from "./lastingFibers.ts"
import { Settings, stopTimeoutMs } from "./Settings.ts"
import { Signals } from "./Signals.ts"
import { StepStore } from "./StepStore.ts"
import { Turns } from "./Turns.ts"
import { LastCall } from "./userCode.ts"
import { visitorOf } from "./WaitGraph.ts"
import { WorkInProgress } from "./WorkInProgress.ts"

/** A worker on an instance outside of its steps, for as long as there is work. */
export interface Attendant {
  /** Begins nothing further; resolves when everything running has ended and is stored. */
  readonly rest: Effect.Effect<void>
  /** Stops what is still running. */
  readonly stop: () => void
}

/** Why a step is not run. */
export type Rejection = HostUnavailable | InvalidInput | StateUndecodable

/**
 * How a step gets its turn.
 *
 * - `wait`: when the instance is free.
 * - `interrupt`: stops the running handler and goes before all that wait.
 * - `attend`: like `wait`, on behalf of the instance's attendant, so that it is served even while the runtime shuts
 *   down.
 */
export type TurnBy = "wait" | "interrupt" | "attend"

/**
 * Whether steps are run: all, those that running handlers and attendants need to come to their end, or none.
 * A shutdown leads from one to the next.
 */
type Admission = "all" | "needed" | "none"

/** Rolls back the uncommitted changes of a visit that fails. */
const visitOf = <A, E>(step: JobStep, body: (step: JobStep) => Effect.Effect<A, E>) =>
  Effect.suspend(() => {
    const { counter, record, version } = step
    return body(step).pipe(
      Effect.provideService(CurrentStep, step),
      Effect.onError(() => Effect.sync(() => step.rollBack({ counter, record, version })))
    )
  })

/**
 * Ensures that the steps of one instance never overlap, and that a caller who leaves does not interrupt one.
 *
 * Nothing of an instance is in memory between its steps, so there is nothing to evict. What a step goes through:
 *
 * 1. It takes its turn, now or once those before it have ended (`Turns`).
 * 2. The instance is loaded, and the step's body runs, with the user code in it. While that code takes visits, `visit`
 *    works on the same step; else a visit is a step like any other.
 * 3. The turn ends. What is stored as begun and has not ended is up to the alarm runner from then on
 *    (`Signals.cutOff`), and whoever is next has the turn.
 *
 * Work that goes on between steps is an attendant's, such as a pool's session, until it leaves.
 */
export class Instances extends Context.Service<Instances, {
  /**
   * Runs a step in its turn, by default `wait`. It runs in a fiber of the runtime, so that interrupting the caller does
   * not interrupt it. If called from inside a handler that the instance's own handler is waiting for, possibly through
   * others, it fails with InvalidInput.
   */
  readonly step: <A, E>(
    instanceId: string,
    body: (step: JobStep) => Effect.Effect<A, E>,
    by?: TurnBy
  ) => Effect.Effect<A, E | Rejection>
  /**
   * Runs a step as `step` does, except for an instance whose handler takes visits: there it runs concurrently, on the
   * handler's own step. A visit that fails leaves that step unchanged.
   */
  readonly visit: <A, E>(
    instanceId: string,
    body: (step: JobStep) => Effect.Effect<A, E>
  ) => Effect.Effect<A, E | Rejection>
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
  /** Whether it has a step or an attendant. */
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
      const turns = new Turns()
      const waits = new HandlerWaits()
      const steps = new WorkInProgress(Effect.runForkWith(yield* Effect.context()))
      const attendants = new Map<string, Attendant>()
      let admission: Admission = "all"

      const isRejected = (caller: Caller, by: TurnBy) =>
        admission === "none" || (admission === "needed" && caller === undefined && by !== "attend")

      const rejected = () =>
        Effect.fail(
          new HostUnavailable({ host: host.name, problem: "The jobs runtime is shut down. Create a new one to go on." })
        )

      /** Tells the alarm runner, if it has found the instance busy, that it is free. */
      const ringFor = (instanceId: string) => {
        if (signals.awaited.delete(instanceId)) signals.alarms.ring()
      }

      /** What is stored as begun, or may be since a commit has failed, is up to the alarm runner from now on. */
      const leave = ({ instanceId, record, stored }: JobStep) => {
        const alarm = heldAlarmOf(stored) ?? (record === stored ? null : heldAlarmOf(record))
        signals.cutOff.set(instanceId, alarm)
        if (alarm !== null) signals.alarms.ring()
      }

      const endTurn = (instanceId: string) =>
        Effect.sync(() => {
          const step = turns.holderOf(instanceId)?.step
          if (step !== undefined) leave(step)
          if (turns.giveBack(instanceId) && !attendants.has(instanceId)) ringFor(instanceId)
        })

      /** Runs a step that has its turn, unless it is rejected by now, and ends the turn. */
      const inTurn = <A, E>(
        instanceId: string,
        isStillRejected: () => boolean,
        body: (step: JobStep) => Effect.Effect<A, E>
      ) =>
        Effect.suspend(() => {
          const holder = turns.holderOf(instanceId)
          if (isStillRejected() || holder === undefined) return rejected()
          return Effect.flatMap(store.open(instanceId, holder.interruption), (step) => {
            holder.step = step
            signals.cutOff.set(instanceId, null)
            // V8 permanently allocates a function written at its assignment in the old space.
            const letVisitorsIn = () => turns.letVisitorsIn(holder)
            step.letVisitorsIn = letVisitorsIn
            return Effect.provideService(body(step), CurrentStep, step)
          })
        }).pipe(Effect.ensuring(endTurn(instanceId)))

      /** Takes a turn at once, and runs the step when it comes. */
      const onTurn = <A, E>(
        instanceId: string,
        isStillRejected: () => boolean,
        body: (step: JobStep) => Effect.Effect<A, E>,
        by: TurnBy
      ) =>
        Effect.flatMapEager(
          turns.take(instanceId, by === "interrupt" ? "interrupt" : "wait"),
          () => inTurn(instanceId, isStillRejected, body)
        )

      const step = <A, E>(
        instanceId: string,
        body: (step: JobStep) => Effect.Effect<A, E>,
        by: TurnBy = "wait"
      ) =>
        Effect.withFiber((fiber): Effect.Effect<A, E | Rejection> => {
          const caller = callerOf(Context.get(fiber.context, CurrentJob))
          const isStillRejected = () => isRejected(caller, by)
          if (isStillRejected()) return rejected()
          // Whoever interrupts the handler does not wait for what it waits for.
          if (caller === undefined || by === "interrupt") {
            const result = onTurn(instanceId, isStillRejected, body, by)
            return caller === undefined && isLasting(fiber) ? steps.stay(result) : steps.fork(result)
          }
          return waits.during(
            caller,
            instanceId,
            () => steps.fork(onTurn(instanceId, isStillRejected, body, by))
          )
        })

      const visit = <A, E>(instanceId: string, body: (step: JobStep) => Effect.Effect<A, E>) =>
        CurrentJob.use((job): Effect.Effect<A, E | Rejection> => {
          const caller = callerOf(job)
          const isStillRejected = () => isRejected(caller, "wait")
          if (isStillRejected()) return rejected()
          const visited = turns.holderOf(instanceId)?.step
          const gate = visited?.gate
          const target = gate === undefined ? instanceId : visitorOf(instanceId)
          const begin = (): Effect.Effect<Option.Option<A>, E | Rejection> =>
            steps.fork(
              visited !== undefined && gate !== undefined
                ? gate.during(visitOf(visited, body))
                : Effect.flatMap(
                  turns.take(instanceId, "visit"),
                  (turn) =>
                    turn === "mayVisit" ? Effect.succeedNone : Effect.asSome(inTurn(instanceId, isStillRejected, body))
                )
            )
          return Effect.flatMap(
            waits.during(caller, target, begin),
            // The handler has begun to take visits, or has ended: what that leads to is decided anew.
            Option.match({ onNone: () => visit(instanceId, body), onSome: Effect.succeed })
          )
        })

      const isNothingLeft = () => steps.isNone && attendants.size === 0

      /** Repeatedly, since handlers may request steps while these are waited for. */
      const allEnded: Effect.Effect<void> = Effect.suspend(() =>
        isNothingLeft() ? Effect.void : Effect.andThen(
          Effect.all([steps.none, ...Array.from(attendants.values(), ({ rest }) => rest)], {
            concurrency: "unbounded",
            discard: true
          }),
          allEnded
        )
      )

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
        admit: CurrentJob.use((job) => isRejected(callerOf(job), "wait") ? rejected() : Effect.void),
        awaiting: <A, E>(instanceId: string, answer: Effect.Effect<A, E>) =>
          CurrentJob.use((job) => waits.during(callerOf(job), instanceId, () => answer)),
        isBusy: (instanceId) => turns.holderOf(instanceId) !== undefined || attendants.has(instanceId),
        shutdown: Effect.gen(function*() {
          admission = "needed"
          yield* Effect.raceFirst(allEnded, Effect.sleep(settings.gracePeriodMs))
          admission = "none"
          turns.interruptAll("shutdown")
          for (const { stop } of attendants.values()) stop()
          yield* Effect.raceFirst(allEnded, Effect.sleep(stopTimeoutMs))
          lastCall.openUnsafe()
          yield* allEnded
        })
      }
    })
  )
}
