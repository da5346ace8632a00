import { Context, Effect, Layer } from "effect"
import type { FlushReason } from "../../engine/DebounceBuffer.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { RunError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { EntityState } from "../../services/EntityState.ts"
import { JobExecutionService } from "../../services/JobExecutionService.ts"
import { RetryExecutor } from "../../services/RetryExecutor.ts"
import { cutOffByShutdown, executionFailed, exhaustOverdue, type RunResult } from "../common/runEnds.ts"
import { DebounceBuffers, type Definition } from "./DebounceBuffers.ts"
import { bufferOf, type Decision } from "./decide.ts"

/** Runs flushes and ends incarnations. The caller commits. */
export class DebounceRuns extends Context.Service<DebounceRuns, {
  readonly run: (step: JobStep, definition: Definition, plan: AttemptPlan) => Effect.Effect<RunResult, RunError>
  readonly carryOut: (step: JobStep, definition: Definition, decision: Decision) => Effect.Effect<RunResult, RunError>
  /** Ends the incarnation by `how`; what was added during its flush begins the next one. */
  readonly end: (step: JobStep, definition: Definition, how: Effect.Effect<void>) => Effect.Effect<void>
}>()("@durable-effect/jobs/DebounceRuns") {
  static readonly layer = Layer.effect(
    DebounceRuns,
    Effect.gen(function*() {
      const executions = yield* JobExecutionService
      const states = yield* EntityState
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const retries = yield* RetryExecutor
      const buffers = yield* DebounceBuffers

      const end = Effect.fnUntraced(function*(step: JobStep, definition: Definition, how: Effect.Effect<void>) {
        const ended = recordOf(step)
        yield* how
        const next = ended.debounce?.next
        if (next === undefined) step.record = undefined
        else yield* buffers.openNext(step, definition, ended, next)
      })

      const complete = Effect.fnUntraced(function*(step: JobStep, reason: "flushed" | "terminatedByHandler") {
        yield* alarms.cancel(step, reason === "flushed" ? "flushed" : "terminated")
        addJobEvent(step, { type: "job.completed", reason, runCount: recordOf(step).runCount })
      })

      /** Handles a failure that has been reported and is kept so far. */
      const endFailed = (step: JobStep, definition: Definition, by: "retryExhausted" | "executionFailed") =>
        definition.onExhausted === "keep" ? Effect.void : end(step, definition, cleanup.terminate(step, { by }))

      const run = Effect.fnUntraced(
        function*(step: JobStep, definition: Definition, plan: AttemptPlan, begins?: FlushReason) {
          const record = recordOf(step)
          const buffer = bufferOf(record)
          const { eventCount, startedAt } = buffer
          const flushReason = begins ?? buffer.flushReason ?? "timeout"
          const facts = { eventCount, debounceStartedAt: startedAt, flushReason }
          const cell = yield* states.open((stored) => definition.open(stored, facts), record)
          if (begins !== undefined) {
            step.record = { ...record, debounce: { ...buffer, flushReason } }
            const fired = step.eventIds.get("alarm.fired")
            addJobEvent(step, {
              type: "debounce.flush.triggered",
              executionId: plan.executionId,
              eventCount,
              reason: begins,
              windowMs: Math.max(0, step.clock.currentTimeMillisUnsafe() - startedAt),
              ...(fired === undefined ? {} : { parentEventId: fired })
            })
          }
          // Kept first, because an incarnation that ends leaves what was added meanwhile to the next one.
          const work = { plan, cell, retry: definition.retry, onExhausted: "keep", takesVisits: true } as const
          const result = yield* executions.execute(step, work)
          switch (result._tag) {
            case "Interrupted":
              return result.by === "shutdown" ? yield* cutOffByShutdown(step) : result._tag
            case "RetryScheduled":
              return result._tag
            case "Succeeded":
              yield* end(step, definition, complete(step, "flushed"))
              return result._tag
            case "TerminatedByHandler": {
              const { reason } = result
              const completed = complete(step, "terminatedByHandler")
              yield* end(
                step,
                definition,
                Effect.andThen(completed, cleanup.terminate(step, { by: "handler", reason }))
              )
              return result._tag
            }
            case "FailedForGood": {
              const { execution, storedError: error } = result
              const { attempt: attempts } = execution
              yield* cleanup.fail(step, { reason: "executionFailed", error, execution, attempts, onExhausted: "keep" })
              yield* endFailed(step, definition, "executionFailed")
              return yield* executionFailed(step, plan.executionId, result)
            }
            case "Exhausted":
              yield* endFailed(step, definition, "retryExhausted")
              return yield* executionFailed(step, plan.executionId, result)
          }
        }
      )

      return {
        end,
        run,
        carryOut: Effect.fnUntraced(function*(step, definition, decision) {
          if (decision._tag === "Nothing") return "NothingToRun"
          const { fired } = decision
          if (fired !== undefined) yield* alarms.fire(step, fired, step.clock.currentTimeMillisUnsafe())
          if (decision._tag === "Flush") return yield* run(step, definition, decision.plan, decision.reason)
          if (decision._tag === "Run") return yield* run(step, definition, decision.plan)
          const failure = yield* exhaustOverdue(retries, step, decision.attempts, "keep")
          yield* endFailed(step, definition, "retryExhausted")
          return yield* failure
        })
      }
    })
  )
}
