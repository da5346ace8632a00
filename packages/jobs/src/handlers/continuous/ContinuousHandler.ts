import { Clock, Context, Effect, Layer } from "effect"
import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import { Instances } from "../../engine/Instances.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { Trace } from "../../engine/Trace.ts"
import type { JobsError } from "../../errors.ts"
import { nextRun } from "../../execution/nextRun.ts"
import { Registry } from "../../JobRegistry.ts"
import type {
  ContinuousAction,
  ContinuousAnswers,
  ContinuousRequest,
  ContinuousRequests
} from "../../requests/continuous.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
import { MetadataService, type NewIncarnation } from "../../services/MetadataService.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { CommonActions } from "../common/CommonActions.ts"
import { onTarget } from "../common/onTarget.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import type { RunResult } from "../common/runEnds.ts"
import { started, triggered } from "./answers.ts"
import { ContinuousRuns, type Definition } from "./ContinuousRuns.ts"
import { attemptOf, decideAlarm, decideTrigger, newExecution, orSkip, statusOf } from "./decide.ts"

type Actions = {
  readonly [A in ContinuousAction]: (
    request: ContinuousRequests[A],
    definition: Definition,
    instanceId: string
  ) => Effect.Effect<ContinuousAnswers[A], JobsError>
}

/** Handles all requests to a continuous job, and its alarms. */
export class ContinuousHandler extends Context.Service<ContinuousHandler, {
  readonly handle: <A extends ContinuousAction>(
    request: ContinuousRequest<A>
  ) => Effect.Effect<ContinuousAnswers[A], JobsError>
  /** @param generation generation of the alarm that fired; undefined if the host does not know */
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
      const steps = yield* InstanceSteps
      const store = yield* StepStore
      const metadata = yield* MetadataService
      const alarms = yield* AlarmService
      const common = yield* CommonActions
      const runs = yield* ContinuousRuns
      const upSince = yield* Clock.currentTimeMillis

      const begin = Effect.fnUntraced(function*(step: JobStep, definition: Definition, incarnation: NewIncarnation) {
        yield* metadata.initialize(step, incarnation)
        if (definition.startImmediately) {
          return yield* runs.run(step, definition, newExecution(recordOf(step), "start"))
        }
        const { createdAt } = recordOf(step)
        const { catchUp, schedule } = definition
        const at = nextRun(schedule, catchUp, { anchor: createdAt, begunAt: createdAt, now: createdAt })
        yield* alarms.schedule(step, { at, kind: "schedule" })
        return "Succeeded" satisfies RunResult
      })

      const trigger = Effect.fnUntraced(function*(step: JobStep, definition: Definition) {
        const decision = decideTrigger(step.record, definition.retry, step.clock.currentTimeMillisUnsafe())
        const result = yield* steps.orQuarantine(step, runs.carryOut(step, definition, decision))
        return triggered({ instanceId: step.instanceId, result, record: step.record })
      })

      const wake = (step: JobStep, definition: Definition, generation: number | undefined) => {
        const now = step.clock.currentTimeMillisUnsafe()
        const due = decideAlarm(step.record, definition.retry, now, generation)
        const decision = orSkip(due, step.record, definition, now, upSince)
        return steps.orQuarantine(step, runs.carryOut(step, definition, decision))
      }

      const retry = Effect.fnUntraced(function*(step: JobStep, definition: Definition, trace: Trace | undefined) {
        const { record } = step
        if (record?.status !== "failed") return { retried: false }
        const { id, jobName, jobType, parentIncarnationId, state } = record
        yield* metadata.initialize(step, { jobType, jobName, id, state, input: state, trace, parentIncarnationId })
        yield* runs.run(step, definition, newExecution(recordOf(step), "retry"))
        return { retried: true }
      })

      const actions: Actions = {
        start: Effect.fnUntraced(function*(request, definition, instanceId) {
          const input = yield* orInvalidInput(() => definition.readInput(request.input), instanceId, "input")
          const trace = yield* callersTrace
          const there = (record: InstanceRecord) => ({ instanceId, created: false, status: statusOf(record) })
          // The status of a running instance is known without waiting for its turn.
          if (request.dedupeKey === undefined && instances.isBusy(instanceId)) {
            const before = yield* store.read(instanceId)
            if (before !== undefined) return there(before)
          }
          const incarnation: NewIncarnation = {
            jobType: "continuous",
            jobName: request.name,
            id: request.id,
            state: input,
            input,
            trace,
            parentIncarnationId: request.parentIncarnationId
          }
          return yield* steps.run(instanceId, (step) =>
            step.record === undefined
              ? Effect.map(
                begin(step, definition, incarnation),
                () => started({ instanceId, result: "Succeeded", record: step.record })
              )
              : Effect.succeed(there(step.record)), { call: request })
        }),

        trigger: (request, definition, instanceId) =>
          steps.run(instanceId, (step) => trigger(step, definition), { call: request }),

        terminate: (request, _definition, instanceId) => common.terminate(instanceId, request),

        status: (_request, _definition, instanceId) =>
          Effect.map(store.read(instanceId), (record) => ({
            status: statusOf(record),
            runCount: record?.runCount ?? 0,
            attempt: attemptOf(record),
            nextRunAt: record?.alarm?.at ?? null
          })),

        getState: (_request, definition, instanceId) => common.getState(instanceId, definition),

        retry: (request, definition, instanceId) =>
          Effect.flatMap(
            callersTrace,
            (trace) => steps.run(instanceId, (step) => retry(step, definition, trace), { call: request })
          ),

        discard: (request, _definition, instanceId) => common.discard(instanceId, request)
      }

      return {
        handle: (request) =>
          onTarget(
            registry.continuous,
            request,
            (definition, instanceId) => actions[request.action](request, definition, instanceId)
          ),
        handleAlarm: Effect.fnUntraced(function*(instanceId, jobName, generation) {
          const definition = yield* registry.continuous(jobName)
          yield* steps.run(instanceId, (step) => wake(step, definition, generation))
        })
      }
    })
  )
}
