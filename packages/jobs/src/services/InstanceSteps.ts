import { Cause, Context, Effect, Layer, Option } from "effect"
import { DispatchLink } from "../engine/DispatchLink.ts"
import { Instances, type Rejection, type TurnBy } from "../engine/Instances.ts"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { logAnnotations } from "../engine/logAnnotations.ts"
import { StepStore } from "../engine/StepStore.ts"
import type { DedupeConflict, ExecutionFailed, HostUnavailable, JobsError, StateUndecodable } from "../errors.ts"
import { AlarmService } from "./AlarmService.ts"
import { type Call, DedupeKeys } from "./DedupeKeys.ts"

const annotated = ({ instanceId, record, stored }: JobStep) =>
  Effect.annotateLogs(logAnnotations(instanceId, record ?? stored))

/** A run that failed permanently has changed the instance all the same. */
const hasRun = <E extends JobsError>(cause: Cause.Cause<E>): boolean =>
  Option.match(Cause.findErrorOption(cause), {
    onNone: () => false,
    onSome: (error) => error._tag === "ExecutionFailed"
  })

/** Instead of an answer: the run begun by the first call with this `dedupeKey` has not ended. */
class StillPending {
  readonly _tag = "StillPending"
}
const stillPending = new StillPending()

export interface StepOptions {
  /** How it gets its turn. Default `wait`. `visit`: concurrently, if the running handler takes visits. */
  readonly turn?: TurnBy | "visit"
  /** The request being carried out; with a `dedupeKey`, a repeat of it gets the same answer. */
  readonly call?: Call
}

/**
 * Runs the steps of handlers. Changes made by the body are committed when it ends, successfully or with
 * `ExecutionFailed`, and only then is the answer given. An instance that cannot go on is set aside.
 */
export class InstanceSteps extends Context.Service<InstanceSteps, {
  readonly run: <A, E extends JobsError>(
    instanceId: string,
    body: (step: JobStep) => Effect.Effect<A, E>,
    options?: StepOptions
  ) => Effect.Effect<A, E | Rejection | ExecutionFailed | DedupeConflict>
  /** If its state cannot be read, leaves the instance alone, without an alarm, until somebody acts. */
  readonly orQuarantine: <A, E extends JobsError>(
    step: JobStep,
    effect: Effect.Effect<A, E>
  ) => Effect.Effect<A, E | HostUnavailable>
}>()("@durable-effect/jobs/InstanceSteps") {
  static readonly layer = Layer.effect(
    InstanceSteps,
    Effect.gen(function*() {
      const instances = yield* Instances
      const store = yield* StepStore
      const alarms = yield* AlarmService
      const dedupe = yield* DedupeKeys
      const link = yield* DispatchLink

      /** Logs why, unless that was already done. */
      const quarantine = (step: JobStep, reason: "stateUndecodable" | "defect", cause?: StateUndecodable) =>
        Effect.gen(function*() {
          if (step.record === undefined || step.record.quarantined) return
          yield* alarms.cancel(step, reason)
          step.record = { ...recordOf(step), quarantined: true }
          yield* store.commit(step)
          yield* Effect.logError(`The instance is quarantined: ${reason}`, ...(cause === undefined ? [] : [cause]))
        }).pipe(annotated(step))

      /**
       * The last line of defence: defects of user code are failed attempts, so this one is ours or the host's. If the
       * alarm stayed, it would run user code again and again without counting attempts.
       */
      const setAside = (step: JobStep, cause: Cause.Cause<unknown>) =>
        Effect.logError("A defect outside of user code", cause).pipe(
          annotated(step),
          Effect.andThen(store.reload(step)),
          Effect.andThen(quarantine(step, "defect")),
          Effect.catchCause(() =>
            Effect.ignore(Effect.tap(store.setAside(step.instanceId, "keep"), () => Effect.sync(() => step.letGo())))
          )
        )

      /** Waits for the running attempt, or else runs the interrupted one. Its end is stored. */
      const resumed = (instanceId: string) =>
        Effect.catchTags(link.resume(instanceId), {
          ExecutionFailed: () => Effect.void,
          JobNotFound: () => Effect.void,
          DedupeConflict: () => Effect.void
        })

      return {
        run: <A, E extends JobsError>(
          instanceId: string,
          body: (step: JobStep) => Effect.Effect<A, E>,
          { call, turn = "wait" }: StepOptions = {}
        ) => {
          const committed = <B = never>(whilePending?: B) => (step: JobStep) =>
            dedupe.settling(step, call === undefined ? body(step) : dedupe.once(step, call, body(step), whilePending))
              .pipe(
                Effect.matchCauseEffect({
                  onSuccess: (answer) => Effect.as(store.commit(step), answer),
                  onFailure: (cause) =>
                    Effect.andThen(hasRun(cause) ? store.commit(step) : Effect.void, Effect.failCause(cause))
                }),
                Effect.tapCause((cause) => Cause.hasDies(cause) ? setAside(step, cause) : Effect.void)
              )
          const inTurn = <A2, E2>(how: TurnBy | "visit", work: (step: JobStep) => Effect.Effect<A2, E2>) =>
            how === "visit"
              ? instances.visit(instanceId, work)
              : instances.step(instanceId, work, how)
          if (call?.dedupeKey === undefined) return inTurn(turn, committed())
          return Effect.flatMap(
            inTurn(turn, committed(stillPending)),
            (answer) =>
              answer instanceof StillPending
                ? Effect.andThen(resumed(instanceId), inTurn("wait", committed()))
                : Effect.succeed(answer)
          )
        },
        orQuarantine: (step, effect) =>
          Effect.tapError(
            effect,
            (error) => error._tag === "StateUndecodable" ? quarantine(step, "stateUndecodable", error) : Effect.void
          )
      }
    })
  )
}
