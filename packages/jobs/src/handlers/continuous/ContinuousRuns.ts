import { Context, Effect, Layer } from "effect"
import type { ContinuousDefinition } from "../../Continuous.ts"
import type { Alarm } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { RunError } from "../../errors.ts"
import { nextRun } from "../../execution/nextRun.ts"
import type { AttemptPlan, ExecutionResult } from "../../execution/Outcome.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { EntityState } from "../../services/EntityState.ts"
import { JobExecutionService } from "../../services/JobExecutionService.ts"
import { RetryExecutor } from "../../services/RetryExecutor.ts"
import type { StorableSchema } from "../../Storable.ts"
import { cutOffByShutdown, executionFailed, exhaustOverdue, type RunResult } from "../common/runEnds.ts"
import { type Decision, withTickServed } from "./decide.ts"

export type Definition = ContinuousDefinition<StorableSchema, never>

/** Runs executions of a continuous job and arranges what follows. The caller commits. */
export class ContinuousRuns extends Context.Service<ContinuousRuns, {
  readonly run: (
    step: JobStep,
    definition: Definition,
    plan: AttemptPlan
  ) => Effect.Effect<RunResult, RunError>
  readonly carryOut: (
    step: JobStep,
    definition: Definition,
    decision: Decision
  ) => Effect.Effect<RunResult, RunError>
}>()("@durable-effect/jobs/ContinuousRuns") {
  static readonly layer = Layer.effect(
    ContinuousRuns,
    Effect.gen(function*() {
      const executions = yield* JobExecutionService
      const states = yield* EntityState
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const retries = yield* RetryExecutor

      const scheduleNext = (step: JobStep, { catchUp, schedule }: Definition, begunAt: number) => {
        const now = step.clock.currentTimeMillisUnsafe()
        const { createdAt, servedUntil } = recordOf(step)
        const at = nextRun(schedule, catchUp, { anchor: createdAt, begunAt, now, servedUntil })
        return alarms.schedule(step, { at, kind: "schedule" })
      }

      const follow = (step: JobStep, definition: Definition, begunAt: number, result: ExecutionResult) => {
        switch (result._tag) {
          case "Succeeded":
          case "FailedForGood":
            return scheduleNext(step, definition, begunAt)
          case "TerminatedByHandler":
            return cleanup.complete(step, result.reason)
          default:
            return Effect.void
        }
      }

      const run = Effect.fnUntraced(function*(step: JobStep, definition: Definition, plan: AttemptPlan, fired?: Alarm) {
        const begunAt = step.clock.currentTimeMillisUnsafe()
        const cell = yield* states.open(definition.open, recordOf(step))
        step.record = withTickServed(recordOf(step), definition.catchUp, fired, begunAt)
        const { onExhausted, retry } = definition
        const result = yield* executions.execute(step, { plan, cell, retry, onExhausted })
        if (result._tag === "Interrupted" && result.by === "shutdown") return yield* cutOffByShutdown(step)
        yield* follow(step, definition, begunAt, result)
        if (result._tag === "FailedForGood" || result._tag === "Exhausted") {
          return yield* executionFailed(step, plan.executionId, result)
        }
        return result._tag
      })

      return {
        run,
        carryOut: Effect.fnUntraced(function*(step, definition, decision) {
          if (decision._tag === "Nothing") return "NothingToRun"
          if (decision._tag === "Skip") {
            yield* alarms.schedule(step, { at: decision.at, kind: "schedule" })
            return "NothingToRun"
          }
          const { fired } = decision
          const now = step.clock.currentTimeMillisUnsafe()
          if (fired !== undefined) yield* alarms.fire(step, fired, now)
          if (decision._tag === "Run") return yield* run(step, definition, decision.plan, fired)
          return yield* yield* exhaustOverdue(retries, step, decision.attempts, definition.onExhausted)
        })
      }
    })
  )
}
