import { Clock, Context, Effect, Layer } from "effect"
import { executionOf, type InstanceRecord } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import { emptyTask } from "../../engine/TaskRecord.ts"
import type { HostUnavailable, RunError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type { AttemptPlan, ExecutionResult } from "../../execution/Outcome.ts"
import type { TaskAttempt } from "../../execution/taskAttempt.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { JobExecutionService } from "../../services/JobExecutionService.ts"
import { MetadataService } from "../../services/MetadataService.ts"
import { RetryExecutor } from "../../services/RetryExecutor.ts"
import { cutOffByShutdown, executionFailed, exhaustOverdue } from "../common/runEnds.ts"
import { dropFirstWaiting, firstWaiting, type WaitingEvent, withoutFirst } from "./backlog.ts"
import { type Decision, firstAttempt, taskOf, withExecution } from "./decide.ts"
import { type Definition, openAttempt } from "./openAttempt.ts"
import { fitAlarm, noteSchedule } from "./taskSchedule.ts"

const parentOf = (step: JobStep) => {
  const parentEventId = step.eventIds.get("execution.started")
  return parentEventId === undefined ? {} : { parentEventId }
}

/** Runs handlers of a task and arranges what follows. The caller commits. */
export class TaskRuns extends Context.Service<TaskRuns, {
  /** Handles an event: `task.event.received, execution.started` … */
  readonly handleEvent: (
    step: JobStep,
    definition: Definition,
    event: { readonly json: InstanceRecord["state"] }
  ) => Effect.Effect<void, RunError>
  /** Returns whether anything was run. */
  readonly carryOut: (step: JobStep, definition: Definition, decision: Decision) => Effect.Effect<boolean, RunError>
  /** Runs the handler whose failure was kept, with its event, as the first execution of a new incarnation. */
  readonly runKept: (
    step: JobStep,
    definition: Definition,
    kept: Pick<InstanceRecord, "execution" | "task">
  ) => Effect.Effect<void, RunError>
  /**
   * Begins the next incarnation if the one discarded in this step has left waiting events: without the first of them if
   * it cannot be read, since it is what the instance could not get past.
   */
  readonly discard: (
    step: JobStep,
    ended: InstanceRecord,
    definition: Definition
  ) => Effect.Effect<void, HostUnavailable>
}>()("@durable-effect/jobs/TaskRuns") {
  static readonly layer = Layer.effect(
    TaskRuns,
    Effect.gen(function*() {
      const executions = yield* JobExecutionService
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const metadata = yield* MetadataService
      const retries = yield* RetryExecutor
      const store = yield* StepStore

      /** `[alarm.scheduled | alarm.cancelled], [task.idle, [alarm.scheduled]]` */
      const arrange = Effect.fnUntraced(function*(
        step: JobStep,
        { executionId, handler }: AttemptPlan,
        attempt: Pick<TaskAttempt<never>, "left">
      ) {
        const { after, before, hasState, recovered } = attempt.left()
        const record = recordOf(step)
        const { event: _handled, ...task } = taskOf(record)
        step.record = { ...record, task: { ...task, hasState } }
        if (after !== undefined) {
          yield* leave(step, before, after.handler)
          if (after.handler.at === null) {
            addJobEvent(step, { type: "task.idle", executionId, idleReason: handler, ...parentOf(step) })
          }
          yield* leave(step, after.handler, after.onIdle)
        }
        return recovered ? { recovered: true as const } : {}
      })

      const leave = Effect.fnUntraced(
        function*(step: JobStep, before: { readonly at: number | null }, after: { readonly at: number | null }) {
          noteSchedule(step, after.at)
          // Setting the same instant again still counts as setting it.
          if (after !== before && after.at !== null) yield* alarms.schedule(step, { at: after.at, kind: "task" })
          else yield* fitAlarm(alarms, step)
        }
      )

      /** Begins the next incarnation if the one that ended in this step has left waiting events. */
      const reopen = Effect.fnUntraced(function*(step: JobStep, ended: InstanceRecord) {
        const { backlog } = taskOf(ended)
        if (step.record !== undefined || backlog === undefined) return
        // An unreadable event is detected when it is to be handled.
        const unknown: Partial<WaitingEvent> = {}
        const { parentIncarnationId, trace } = yield* Effect.catchTag(
          firstWaiting(store, step, backlog),
          "StateUndecodable",
          () => Effect.succeed(unknown)
        )
        const { id, jobName, jobType } = ended
        yield* metadata.initialize(step, { jobType, jobName, id, state: null, trace, parentIncarnationId })
        step.record = { ...recordOf(step), task: { ...emptyTask, backlog } }
      })

      const follow = Effect.fnUntraced(function*(step: JobStep, before: InstanceRecord, result: ExecutionResult) {
        if (result._tag === "TerminatedByHandler") yield* cleanup.complete(step, result.reason)
        if (result._tag === "FailedForGood") {
          const record = recordOf(step)
          const { event: _failed, ...task } = taskOf(record)
          step.record = { ...record, task }
          // A retry's alarm may remain from the previous definition, which had a policy.
          yield* fitAlarm(alarms, step)
        }
        yield* reopen(step, before)
      })

      /** `begun` is the record as the attempt begins, provided that what is stored is readable. */
      const run = Effect.fnUntraced(function*(
        step: JobStep,
        definition: Definition,
        begun: InstanceRecord,
        plan: AttemptPlan,
        begin?: () => void
      ) {
        const attempt = yield* openAttempt(step, definition, begun, plan)
        step.record = begun
        begin?.()
        const before = recordOf(step)
        const { eventCount } = taskOf(begun)
        const { executionId, handler } = plan
        const { onExhausted, retry } = definition
        const result = yield* executions.execute(step, {
          plan,
          cell: attempt,
          retry,
          onExhausted,
          timeout: "none",
          arrange: arrange(step, plan, attempt),
          settle: (end) => {
            if (handler !== "onEvent") return
            addJobEvent(step, { type: "task.event.processed", executionId, eventCount, ...end, ...parentOf(step) })
          }
        })
        if (result._tag === "Interrupted" && result.by === "shutdown") return yield* cutOffByShutdown(step)
        yield* follow(step, before, result)
        if (result._tag === "FailedForGood" || result._tag === "Exhausted") {
          return yield* executionFailed(step, executionId, result)
        }
      })

      const handleEvent = (
        step: JobStep,
        definition: Definition,
        event: { readonly json: InstanceRecord["state"] },
        take?: () => void
      ) =>
        Effect.suspend(() => {
          const begun = withExecution(recordOf(step), "onEvent", event)
          const plan = firstAttempt(begun, "onEvent", "event")
          const { eventCount } = taskOf(begun)
          return run(step, definition, begun, plan, () => {
            take?.()
            const cause = step.eventIds.get("job.started")
            addJobEvent(step, {
              type: "task.event.received",
              executionId: plan.executionId,
              eventCount,
              isFirstEvent: eventCount === 1,
              event: event.json,
              ...(cause === undefined ? {} : { parentEventId: cause })
            })
          })
        })

      /** The pending retry would begin after its `maxDuration`. */
      const exhaust = Effect.fnUntraced(function*(step: JobStep, definition: Definition, attempts: number) {
        const before = recordOf(step)
        const { executionId, handler } = executionOf(before)
        if (handler === "onEvent") {
          const { eventCount } = taskOf(before)
          addJobEvent(step, { type: "task.event.processed", executionId, eventCount, ok: false, durationMs: 0 })
        }
        const failure = yield* exhaustOverdue(retries, step, attempts, definition.onExhausted)
        yield* reopen(step, before)
        return yield* failure
      })

      const discard = Effect.fnUntraced(function*(step: JobStep, ended: InstanceRecord, definition: Definition) {
        const task = taskOf(ended)
        const { backlog } = task
        if (!ended.quarantined || backlog === undefined) return yield* reopen(step, ended)
        const event = Effect.flatMap(firstWaiting(store, step, backlog), ({ event }) => definition.decodeEvent(event))
        const isReadable = yield* Effect.matchEffect(event, {
          onFailure: (error) => error._tag === "HostUnavailable" ? Effect.fail(error) : Effect.succeed(false),
          onSuccess: () => Effect.succeed(true)
        })
        const left = isReadable ? backlog : withoutFirst(step, backlog)
        if (left !== undefined) yield* reopen(step, { ...ended, task: { ...task, backlog: left } })
      })

      return {
        handleEvent,
        discard,
        carryOut: Effect.fnUntraced(function*(step, definition, decision) {
          if (decision._tag === "Nothing") return false
          if (decision._tag === "TakeEvent") {
            const { backlog } = taskOf(step.record)
            if (backlog === undefined) return false
            const { event } = yield* firstWaiting(store, step, backlog)
            yield* handleEvent(step, definition, { json: event }, () => dropFirstWaiting(step))
            return true
          }
          const { fired } = decision
          if (fired !== undefined) {
            yield* alarms.fire(step, fired, yield* Clock.currentTimeMillis)
            if (fired.kind === "task") noteSchedule(step, null)
          }
          if (decision._tag === "Exhaust") return yield* exhaust(step, definition, decision.attempts)
          if (decision._tag === "Run") {
            yield* run(step, definition, recordOf(step), decision.plan)
            return true
          }
          const begun = withExecution(recordOf(step), "execute")
          yield* run(step, definition, begun, firstAttempt(begun, "execute", decision.trigger))
          return true
        }),
        runKept: (step, definition, { execution, task }) =>
          Effect.suspend(() => {
            const handler = execution?.handler ?? "execute"
            const { event, ...kept } = task ?? emptyTask
            const record = { ...recordOf(step), task: { ...kept, eventCount: 0, executeCount: 0 } }
            const begun = withExecution(record, handler, event === undefined ? undefined : { json: event })
            return run(step, definition, begun, firstAttempt(begun, handler, "retry"))
          })
      }
    })
  )
}
