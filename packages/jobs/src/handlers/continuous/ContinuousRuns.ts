import { Clock, Context, Effect, Layer } from "effect"
import type { ContinuousDefinition } from "../../Continuous.ts"
import { executionOf } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { ExecutionFailed, type HostUnavailable, type StateUndecodable } from "../../errors.ts"
import { nextRun } from "../../execution/nextRun.ts"
import type { AttemptPlan, ExecutionResult } from "../../execution/Outcome.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { EntityState } from "../../services/EntityState.ts"
import { JobExecutionService, type RuntimeServices } from "../../services/JobExecutionService.ts"
import { RetryExecutor } from "../../services/RetryExecutor.ts"
import type { StorableSchema } from "../../Storable.ts"
import { cutOffByShutdown, executionFailed } from "../common/runEnds.ts"
import type { Decision } from "./decide.ts"

export type Definition = ContinuousDefinition<StorableSchema, RuntimeServices>

/** What a run came to, for the one who asked for it. */
export type RunResult = Exclude<ExecutionResult["_tag"], "FailedForGood" | "Exhausted"> | "NothingToRun"

/** Runs executions of a continuous job and arranges what follows. The caller commits. */
export class ContinuousRuns extends Context.Service<ContinuousRuns, {
  readonly run: (
    step: JobStep,
    definition: Definition,
    plan: AttemptPlan
  ) => Effect.Effect<RunResult, ExecutionFailed | HostUnavailable | StateUndecodable>
  readonly carryOut: (
    step: JobStep,
    definition: Definition,
    decision: Decision
  ) => Effect.Effect<RunResult, ExecutionFailed | HostUnavailable | StateUndecodable>
}>()("@durable-effect/jobs/ContinuousRuns") {
  static readonly layer = Layer.effect(
    ContinuousRuns,
    Effect.gen(function*() {
      const executions = yield* JobExecutionService
      const states = yield* EntityState
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const retries = yield* RetryExecutor

      const scheduleNext = (step: JobStep, { schedule }: Definition, begunAt: number) =>
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const at = nextRun(schedule, { anchor: recordOf(step).createdAt, begunAt, now })
          yield* alarms.schedule(step, { at, kind: "schedule" })
        })

      const follow = (step: JobStep, definition: Definition, begunAt: number, result: ExecutionResult) =>
        Effect.gen(function*() {
          switch (result._tag) {
            case "Succeeded":
            case "FailedForGood":
              return yield* scheduleNext(step, definition, begunAt)
            case "TerminatedByHandler":
              return yield* cleanup.complete(step, result.reason)
            default:
              return undefined
          }
        })

      const run = (step: JobStep, definition: Definition, plan: AttemptPlan) =>
        Effect.gen(function*() {
          const begunAt = yield* Clock.currentTimeMillis
          const cell = yield* states.open(definition.open, recordOf(step))
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
        carryOut: (step, definition, decision) =>
          Effect.gen(function*() {
            if (decision._tag === "Nothing") return "NothingToRun"
            const { fired } = decision
            const now = yield* Clock.currentTimeMillis
            if (fired !== undefined) yield* alarms.fire(step, fired, now)
            if (decision._tag === "Run") return yield* run(step, definition, decision.plan)
            const execution = executionOf(recordOf(step))
            const error = execution.lastError ?? { message: "unknown" }
            const { executionId } = execution
            const { attempts } = decision
            yield* retries.exhaust(
              step,
              "maxDuration",
              { error, attempts, execution, now },
              definition.onExhausted
            )
            return yield* new ExecutionFailed({ instanceId: step.instanceId, executionId, attempts, error })
          })
      }
    })
  )
}
