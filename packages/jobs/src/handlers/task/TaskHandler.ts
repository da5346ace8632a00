import { Clock, Context, Effect, Layer } from "effect"
import { backlogSince } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { emptyTask } from "../../engine/TaskRecord.ts"
import type { JobsError } from "../../errors.ts"
import { Registry } from "../../JobRegistry.ts"
import type { TaskAction, TaskAnswers, TaskRequest, TaskRequests } from "../../requests/task.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { CommonActions } from "../common/CommonActions.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import { readTarget } from "../common/readTarget.ts"
import { addWaiting, dropAllWaiting } from "./backlog.ts"
import { decideAlarm, decideSend, decideTrigger, scheduledAtOf, statusOf, taskOf } from "./decide.ts"
import type { Definition } from "./openAttempt.ts"
import { TaskRuns } from "./TaskRuns.ts"

type Actions = {
  readonly [A in TaskAction]: (
    request: TaskRequests[A],
    definition: Definition,
    instanceId: string
  ) => Effect.Effect<TaskAnswers[A], JobsError>
}

const sent = (step: JobStep, created: boolean): TaskAnswers["send"] => ({
  instanceId: step.instanceId,
  created,
  scheduledAt: scheduledAtOf(step.record),
  status: statusOf(step.record)
})

/** All that can be asked of a task, and its alarms. */
export class TaskHandler extends Context.Service<TaskHandler, {
  readonly handle: <A extends TaskAction>(request: TaskRequest<A>) => Effect.Effect<TaskAnswers[A], JobsError>
  /** @param generation of the alarm that fired; undefined when the host cannot tell */
  readonly handleAlarm: (
    instanceId: string,
    jobName: string,
    generation: number | undefined
  ) => Effect.Effect<void, JobsError>
}>()("@durable-effect/jobs/TaskHandler") {
  static readonly layer = Layer.effect(
    TaskHandler,
    Effect.gen(function*() {
      const registry = yield* Registry
      const steps = yield* InstanceSteps
      const store = yield* StepStore
      const metadata = yield* MetadataService
      const common = yield* CommonActions
      const runs = yield* TaskRuns

      const actions: Actions = {
        send: (request, definition, instanceId) =>
          Effect.gen(function*() {
            const event = yield* orInvalidInput(definition.readEvent(request.event), instanceId, "event")
            const trace = yield* callersTrace
            const { id, name: jobName, parentIncarnationId } = request
            const origin = { trace, parentIncarnationId }
            const body = (step: JobStep) =>
              Effect.gen(function*() {
                const fate = decideSend(step.record)
                if (fate === "refuse") return sent(step, false)
                if (fate === "wait") {
                  const now = yield* Clock.currentTimeMillis
                  addWaiting(step, {
                    event,
                    ...(trace === undefined ? {} : { trace }),
                    ...(parentIncarnationId === undefined ? {} : { parentIncarnationId })
                  }, now)
                  return sent(step, false)
                }
                if (fate === "create") {
                  yield* metadata.initialize(step, { jobType: "task", jobName, id, state: null, ...origin })
                  step.record = { ...recordOf(step), task: emptyTask }
                }
                yield* steps.orQuarantine(step, runs.handleEvent(step, definition, { json: event }))
                return sent(step, fate === "create")
              })
            return yield* steps.run(instanceId, body, { call: request })
          }),

        trigger: (request, definition, instanceId) =>
          steps.run(instanceId, (step) =>
            Effect.gen(function*() {
              const now = yield* Clock.currentTimeMillis
              const decision = decideTrigger(step.record, definition.retry, now)
              const triggered = yield* steps.orQuarantine(step, runs.carryOut(step, definition, decision))
              return { instanceId, triggered }
            }), { call: request }),

        terminate: (request, _definition, instanceId) => common.terminate(instanceId, request, dropAllWaiting),

        status: (_request, _definition, instanceId) =>
          Effect.map(store.read(instanceId), (record) => {
            const { eventCount, executeCount } = taskOf(record)
            const createdAt = record?.createdAt ?? null
            return { status: statusOf(record), scheduledAt: scheduledAtOf(record), createdAt, eventCount, executeCount }
          }),

        getState: (_request, definition, instanceId) =>
          common.getState(instanceId, definition, (record) => taskOf(record).hasState),

        retry: (request, definition, instanceId) =>
          Effect.gen(function*() {
            const trace = yield* callersTrace
            return yield* steps.run(instanceId, (step) =>
              Effect.gen(function*() {
                const kept = step.record
                if (kept?.status !== "failed") return { retried: false }
                const { id, jobName, jobType, parentIncarnationId, state } = kept
                yield* metadata.initialize(step, {
                  jobType,
                  jobName,
                  id,
                  state,
                  ...(taskOf(kept).hasState ? { input: state } : {}),
                  trace,
                  parentIncarnationId
                })
                yield* runs.runKept(step, definition, kept)
                return { retried: true }
              }), { call: request })
          }),

        discard: (request, _definition, instanceId) => common.discard(instanceId, request, runs.reopen)
      }

      return {
        handle: <A extends TaskAction>(request: TaskRequest<A>) =>
          Effect.gen(function*() {
            const definition = yield* registry.task(request.name)
            const instanceId = yield* readTarget(request)
            return yield* actions[request.action](request, definition, instanceId)
          }),
        handleAlarm: (instanceId, jobName, generation) =>
          Effect.gen(function*() {
            const definition = yield* registry.task(jobName)
            const wake = (woken: number | undefined) =>
              steps.run(instanceId, (step) =>
                Effect.gen(function*() {
                  const now = yield* Clock.currentTimeMillis
                  const decision = decideAlarm(step.record, definition.retry, now, woken)
                  yield* steps.orQuarantine(step, runs.carryOut(step, definition, decision))
                  return step.record !== undefined && backlogSince(step.record) !== undefined
                }))
            // Each event that waits has a step of its own, so that what one has committed does not hang on the next.
            let hasWaiting = yield* wake(generation)
            while (hasWaiting) hasWaiting = yield* wake(undefined)
          })
      }
    })
  )
}
