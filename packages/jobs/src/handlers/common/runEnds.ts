import { Effect } from "effect"
import { executionOf } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { type ExecutionFailed, HostUnavailable } from "../../errors.ts"
import { executionFailure } from "../../execution/executionFailure.ts"
import type { ExecutionResult } from "../../execution/Outcome.ts"
import type { OnExhausted } from "../../RetryPolicy.ts"
import type { RetryExecutor } from "../../services/RetryExecutor.ts"

/** The result of a run, for whoever requested it. */
export type RunResult = Exclude<ExecutionResult["_tag"], "FailedForGood" | "Exhausted"> | "NothingToRun"

/** A permanently failed run, for whoever requested it. */
export const executionFailed = (
  step: JobStep,
  executionId: string,
  result: Extract<ExecutionResult, { readonly _tag: "FailedForGood" | "Exhausted" }>
) =>
  executionFailure({
    instanceId: step.instanceId,
    executionId,
    attempts: result._tag === "Exhausted" ? result.attempts : result.execution.attempt,
    error: result.error
  }, result.storedError)

/** When interrupted by a shutdown, nothing is stored, so that the attempt runs again as if the process had died. */
export const cutOffByShutdown = (step: JobStep) =>
  new HostUnavailable({
    host: "runtime",
    problem: `The jobs runtime was shut down while ${step.instanceId} ran. The attempt runs again after a restart.`
  })

/** Ends an execution whose pending retry would begin too late; returns the resulting failure. */
export const exhaustOverdue = (
  retries: RetryExecutor["Service"],
  step: JobStep,
  attempts: number,
  onExhausted: OnExhausted
): Effect.Effect<ExecutionFailed> =>
  Effect.gen(function*() {
    const execution = executionOf(recordOf(step))
    const { executionId, lastError: error = { message: "unknown" } } = execution
    const now = step.clock.currentTimeMillisUnsafe()
    yield* retries.exhaust(step, "maxDuration", { error, attempts, execution, now }, onExhausted)
    return executionFailure({ instanceId: step.instanceId, executionId, attempts, error }, error)
  })
