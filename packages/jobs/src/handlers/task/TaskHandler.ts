import { Context, Effect, Layer, type Schema } from "effect"
import { backlogSince } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { emptyTask } from "../../engine/TaskRecord.ts"
import type { Trace } from "../../engine/Trace.ts"
import type { JobsError } from "../../errors.ts"
import { Registry } from "../../JobRegistry.ts"
import type { TaskAction, TaskAnswers, TaskRequest, TaskRequests } from "../../requests/task.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import { callersTrace } from "../common/callersTrace.ts"
import { CommonActions } from "../common/CommonActions.ts"
import { onTarget } from "../common/onTarget.ts"
import { orInvalidInput } from "../common/orInvalidInput.ts"
import { sent } from "./answers.ts"
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

/** An accepted event. */
interface Sent {
  readonly json: Schema.Json
  readonly trace: Trace | undefined
  readonly by: TaskRequests["send"]
}

/** Handles all requests to a task, and its alarms. */
export class TaskHandler extends Context.Service<TaskHandler, {
  readonly handle: <A extends TaskAction>(request: TaskRequest<A>) => Effect.Effect<TaskAnswers[A], JobsError>
  /** @param generation generation of the alarm that fired; undefined if the host does not know */
  readonly handleAlarm: (
    instanceId: string,
    jobName: string,
    generation: number | undefined
  ) => Effect.Effect<void, JobsError>
  /** Runs the interrupted attempt, if there is one, and nothing after it. */
  readonly resume: (instanceId: string, jobName: string) => Effect.Effect<void, JobsError>
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

      const send = Effect.fnUntraced(function*(step: JobStep, definition: Definition, event: Sent) {
        const fate = decideSend(step.record)
        if (fate === "reject") return sent({ created: false }, step)
        const { by: { id, name: jobName, parentIncarnationId }, json, trace } = event
        if (fate === "wait") {
          addWaiting(step, {
            event: json,
            ...(trace === undefined ? {} : { trace }),
            ...(parentIncarnationId === undefined ? {} : { parentIncarnationId })
          }, step.clock.currentTimeMillisUnsafe())
          return sent({ created: false }, step)
        }
        if (fate === "create") {
          yield* metadata.initialize(step, { jobType: "task", jobName, id, state: null, trace, parentIncarnationId })
          step.record = { ...recordOf(step), task: emptyTask }
        }
        yield* steps.orQuarantine(step, runs.handleEvent(step, definition, { json }))
        return sent({ created: fate === "create" }, step)
      })

      const trigger = (step: JobStep, definition: Definition) => {
        const decision = decideTrigger(step.record, definition.retry, step.clock.currentTimeMillisUnsafe())
        return Effect.map(
          steps.orQuarantine(step, runs.carryOut(step, definition, decision)),
          (triggered) => ({ instanceId: step.instanceId, triggered })
        )
      }

      const retry = Effect.fnUntraced(function*(step: JobStep, definition: Definition, trace: Trace | undefined) {
        const kept = step.record
        if (kept?.status !== "failed") return { retried: false }
        const { id, jobName, jobType, parentIncarnationId, state } = kept
        const input = taskOf(kept).hasState ? { input: state } : {}
        yield* metadata.initialize(step, { jobType, jobName, id, state, ...input, trace, parentIncarnationId })
        yield* runs.runKept(step, definition, kept)
        return { retried: true }
      })

      /** Returns whether events are waiting for a step of their own. */
      const wake = (step: JobStep, definition: Definition, generation: number | undefined) => {
        const decision = decideAlarm(step.record, definition.retry, step.clock.currentTimeMillisUnsafe(), generation)
        return Effect.map(
          steps.orQuarantine(step, runs.carryOut(step, definition, decision)),
          () => step.record !== undefined && backlogSince(step.record) !== undefined
        )
      }

      const actions: Actions = {
        send: Effect.fnUntraced(function*(request, definition, instanceId) {
          const json = yield* orInvalidInput(() => definition.readEvent(request.event), instanceId, "event")
          const event = { json, trace: yield* callersTrace, by: request }
          return yield* steps.run(instanceId, (step) => send(step, definition, event), { call: request })
        }),

        trigger: (request, definition, instanceId) =>
          steps.run(instanceId, (step) => trigger(step, definition), { call: request }),

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
          Effect.flatMap(
            callersTrace,
            (trace) => steps.run(instanceId, (step) => retry(step, definition, trace), { call: request })
          ),

        discard: (request, definition, instanceId) =>
          common.discard(instanceId, request, (step, gone) => runs.discard(step, gone, definition))
      }

      return {
        handle: (request) =>
          onTarget(
            registry.task,
            request,
            (definition, instanceId) => actions[request.action](request, definition, instanceId)
          ),
        resume: Effect.fnUntraced(function*(instanceId, jobName) {
          const definition = yield* registry.task(jobName)
          yield* steps.run(instanceId, (step) => wake(step, definition, undefined))
        }),
        handleAlarm: Effect.fnUntraced(function*(instanceId, jobName, generation) {
          const definition = yield* registry.task(jobName)
          const wakeFor = (woken: number | undefined) => steps.run(instanceId, (step) => wake(step, definition, woken))
          // Each waiting event has its own step, so that one event's commit does not depend on the next.
          let hasWaiting = yield* wakeFor(generation)
          while (hasWaiting) hasWaiting = yield* wakeFor(undefined)
        })
      }
    })
  )
}
