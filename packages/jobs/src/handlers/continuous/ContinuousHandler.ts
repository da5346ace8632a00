import { Cause, Clock, Context, Effect, Layer, Option } from "effect"
import { Instances } from "../../engine/Instances.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { InvalidInput, type JobsError } from "../../errors.ts"
import { emitJobEvent } from "../../events/emitJobEvent.ts"
import { errorOfCause } from "../../execution/attemptError.ts"
import { nextRun } from "../../execution/nextRun.ts"
import { Registry } from "../../JobRegistry.ts"
import type { ContinuousAction, ContinuousAnswers, ContinuousRequests, RequestFor } from "../../JobRequest.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { EntityState } from "../../services/EntityState.ts"
import { MetadataService, type NewIncarnation } from "../../services/MetadataService.ts"
import { describeIssue } from "../../services/schemaIssue.ts"
import { ContinuousRuns, type Definition, type RunResult } from "./ContinuousRuns.ts"
import { attemptOf, decideAlarm, decideTrigger, newExecution, statusOf } from "./decide.ts"
import { readTarget } from "./readTarget.ts"

type Actions = {
  readonly [A in ContinuousAction]: (
    request: ContinuousRequests[A],
    definition: Definition,
    instanceId: string
  ) => Effect.Effect<ContinuousAnswers[A], JobsError>
}

/** All that can be asked of a continuous job, and its alarms. */
export class ContinuousHandler extends Context.Service<ContinuousHandler, {
  readonly handle: <A extends ContinuousAction>(
    request: RequestFor<A>
  ) => Effect.Effect<ContinuousAnswers[A], JobsError>
  /** @param generation of the alarm that fired; undefined when the host cannot tell */
  readonly handleAlarm: (
    instanceId: string,
    jobName: string,
    generation: number | undefined
  ) => Effect.Effect<void, JobsError>
}>()("@durable-effect/jobs/ContinuousHandler") {
  static readonly layer = Layer.effect(
    ContinuousHandler,
    Effect.gen(function*() {
      const registry = yield* Registry
      const instances = yield* Instances
      const store = yield* StepStore
      const metadata = yield* MetadataService
      const states = yield* EntityState
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const runs = yield* ContinuousRuns

      /** The trace of the caller, when it has one that W3C would accept. */
      const callersTrace = Effect.map(Effect.option(Effect.currentParentSpan), (span) =>
        Option.getOrUndefined(
          Option.filter(Option.map(span, ({ traceId }) => traceId), (traceId) => /^[0-9a-f]{32}$/.test(traceId))
        ))

      /** Leaves an instance alone, without an alarm, until somebody acts. */
      const quarantine = (step: JobStep, reason: "stateUndecodable" | "defect") =>
        Effect.gen(function*() {
          if (step.record === undefined || step.record.quarantined) return
          yield* alarms.cancel(step, reason)
          step.record = { ...recordOf(step), quarantined: true }
          yield* store.commit(step)
          yield* Effect.logError(`The instance is quarantined: ${reason}`)
        }).pipe(Effect.annotateLogs({ instanceId: step.instanceId }))

      const orQuarantine = <A, E extends JobsError>(step: JobStep, effect: Effect.Effect<A, E>) =>
        Effect.tapError(
          effect,
          (error) => error._tag === "StateUndecodable" ? quarantine(step, "stateUndecodable") : Effect.void
        )

      /**
       * The last line: user code's defects are failed attempts, so this one is ours or the host's, and an alarm that
       * stayed would run user code again and again without an attempt being counted.
       */
      const setAside = (step: JobStep, cause: Cause.Cause<unknown>) =>
        Effect.logError("A defect outside of user code", cause).pipe(
          Effect.annotateLogs({ instanceId: step.instanceId }),
          Effect.andThen(store.reload(step)),
          Effect.andThen(quarantine(step, "defect")),
          Effect.catchCause(() => Effect.ignore(store.setAside(step.instanceId, "keep")))
        )

      const inStep: typeof instances.step = (instanceId, body, options) =>
        instances.step(
          instanceId,
          (step) => Effect.tapCause(body(step), (cause) => Cause.hasDies(cause) ? setAside(step, cause) : Effect.void),
          options
        )

      const begin = (step: JobStep, incarnation: NewIncarnation) =>
        Effect.gen(function*() {
          yield* metadata.initialize(step, incarnation)
          const parentEventId = step.eventIds.get("job.created")
          yield* emitJobEvent({
            type: "job.started",
            input: incarnation.input,
            ...(parentEventId === undefined ? {} : { parentEventId })
          })
        })

      const startNew = (step: JobStep, definition: Definition, incarnation: NewIncarnation) =>
        Effect.gen(function*() {
          yield* begin(step, incarnation)
          if (definition.startImmediately) {
            return yield* runs.run(step, definition, newExecution(recordOf(step), "start"))
          }
          const { createdAt } = recordOf(step)
          const at = nextRun(definition.schedule, { anchor: createdAt, begunAt: createdAt, now: createdAt })
          yield* alarms.schedule(step, { at, kind: "schedule" })
          yield* store.commit(step)
          return "Succeeded" satisfies RunResult
        })

      const actions: Actions = {
        start: (request, definition, instanceId) =>
          Effect.gen(function*() {
            const input = yield* definition.readInput(request.input).pipe(
              Effect.mapError((error) => new InvalidInput({ target: instanceId, ...describeIssue("input", error) })),
              Effect.catchDefect((defect) =>
                Effect.fail(
                  new InvalidInput({
                    target: instanceId,
                    field: "input",
                    problem: errorOfCause(Cause.die(defect)).message
                  })
                )
              )
            )
            const traceId = yield* callersTrace
            const there = (status: ContinuousAnswers["start"]["status"]) => ({ instanceId, created: false, status })
            const before = yield* store.read(instanceId)
            if (before !== undefined) {
              return there(statusOf(before))
            }
            return yield* inStep(instanceId, (step) =>
              Effect.gen(function*() {
                if (step.record !== undefined) {
                  return there(statusOf(step.record))
                }
                yield* startNew(step, definition, {
                  jobType: "continuous",
                  jobName: request.name,
                  id: request.id,
                  input,
                  traceId,
                  parentIncarnationId: request.parentIncarnationId
                })
                return { instanceId, created: true, status: statusOf(step.record) }
              }))
          }),

        trigger: (_request, definition, instanceId) =>
          inStep(instanceId, (step) =>
            Effect.gen(function*() {
              const now = yield* Clock.currentTimeMillis
              const decision = decideTrigger(step.record, definition.retry, now)
              const result = yield* orQuarantine(step, runs.carryOut(step, definition, decision))
              return {
                triggered: result !== "NothingToRun",
                terminated: result === "TerminatedByHandler" || result === "Interrupted",
                retryScheduled: result === "RetryScheduled"
              }
            })),

        terminate: ({ reason }, _definition, instanceId) =>
          Effect.gen(function*() {
            const told = reason === undefined ? {} : { reason }
            if ((yield* store.read(instanceId)) === undefined) return { terminated: false }
            return yield* inStep(instanceId, (step) =>
              Effect.gen(function*() {
                if (step.record === undefined) return { terminated: false }
                yield* cleanup.terminate(step, { by: "client", reason })
                yield* store.commit(step)
                return { terminated: true, ...told }
              }), { interrupt: true })
          }).pipe(Effect.catchTag("StateUndecodable", () =>
            Effect.map(store.setAside(instanceId, "remove"), (terminated) => ({ terminated })))),

        status: (_request, _definition, instanceId) =>
          Effect.map(store.read(instanceId), (record) => ({
            status: statusOf(record),
            runCount: record?.runCount ?? 0,
            attempt: attemptOf(record),
            nextRunAt: record?.alarm?.at ?? null
          })),

        getState: (_request, definition, instanceId) =>
          Effect.gen(function*() {
            const record = yield* store.read(instanceId)
            if (record === undefined) return { state: null, found: false }
            return { state: yield* states.read(definition, record), found: true }
          }),

        retry: (_request, definition, instanceId) =>
          Effect.gen(function*() {
            const traceId = yield* callersTrace
            return yield* inStep(instanceId, (step) =>
              Effect.gen(function*() {
                const { record } = step
                if (record?.status !== "failed") return { retried: false }
                yield* begin(step, {
                  jobType: record.jobType,
                  jobName: record.jobName,
                  id: record.id,
                  input: record.state,
                  traceId,
                  parentIncarnationId: record.parentIncarnationId
                })
                yield* runs.run(step, definition, newExecution(recordOf(step), "retry"))
                return { retried: true }
              }))
          }),

        discard: (_request, _definition, instanceId) =>
          inStep(instanceId, (step) =>
            Effect.gen(function*() {
              if (statusOf(step.record) !== "failed") return { discarded: false }
              yield* cleanup.terminate(step, { by: "discard" })
              yield* store.commit(step)
              return { discarded: true }
            }))
      }

      return {
        handle: <A extends ContinuousAction>(request: RequestFor<A>) =>
          Effect.gen(function*() {
            const definition = yield* registry.continuous(request.name)
            const instanceId = yield* readTarget(request)
            return yield* actions[request.action](request, definition, instanceId)
          }),
        handleAlarm: (instanceId, jobName, generation) =>
          Effect.gen(function*() {
            const definition = yield* registry.continuous(jobName)
            yield* inStep(instanceId, (step) =>
              Effect.gen(function*() {
                const now = yield* Clock.currentTimeMillis
                const decision = decideAlarm(step.record, definition.retry, now, generation)
                yield* orQuarantine(step, runs.carryOut(step, definition, decision))
              }))
          })
      }
    })
  )
}
