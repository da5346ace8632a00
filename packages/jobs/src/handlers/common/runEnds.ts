import type { JobStep } from "../../engine/JobStep.ts"
import { ExecutionFailed, HostUnavailable } from "../../errors.ts"
import type { ExecutionResult } from "../../execution/Outcome.ts"

/** A run that failed for good, as the one who asked for it gets it. */
export const executionFailed = (
  step: JobStep,
  executionId: string,
  result: Extract<ExecutionResult, { readonly _tag: "FailedForGood" | "Exhausted" }>
) =>
  new ExecutionFailed({
    instanceId: step.instanceId,
    executionId,
    attempts: result._tag === "Exhausted" ? result.attempts : result.execution.attempt,
    error: result.error
  })

/** Cut off by a shutdown, nothing is stored, so that the attempt runs again as if the process had died. */
export const cutOffByShutdown = (step: JobStep) =>
  new HostUnavailable({
    host: "runtime",
    problem: `The jobs runtime was shut down while ${step.instanceId} ran. The attempt runs again after a restart.`
  })
