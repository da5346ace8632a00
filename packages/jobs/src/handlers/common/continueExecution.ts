import type { Alarm, ExecutionInProgress, InstanceRecord } from "../../engine/InstanceRecord.ts"
import { isOverdue } from "../../execution/nextRetry.ts"
import type { AttemptPlan } from "../../execution/Outcome.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"

/** How a started execution continues. */
export type Continuation =
  | { readonly _tag: "Run"; readonly fired: Alarm | undefined; readonly plan: AttemptPlan }
  /** The pending retry would begin after its `maxDuration`. */
  | {
    readonly _tag: "Exhaust"
    readonly fired: Alarm | undefined
    readonly attempts: number
    readonly firstAttemptAt: number
  }

export interface ContinueBecause {
  readonly trigger: AttemptPlan["trigger"]
  /** The alarm taken for it. */
  readonly fired: Alarm | undefined
  readonly policy: RetryPolicy | undefined
  readonly now: number
}

/** An interrupted attempt runs again as the same one; otherwise the pending retry runs now, if it still may. */
export const continueExecution = (
  { alarm, runCount }: InstanceRecord,
  { attempt, begunAt, executionId, firstAttemptAt, handler, trigger: begunBy }: ExecutionInProgress,
  { fired, now, policy, trigger }: ContinueBecause
): Continuation => {
  const plan = { executionId, handler, runCount, attempt, firstAttemptAt }
  if (begunAt !== null) {
    return {
      _tag: "Run",
      fired: undefined,
      plan: { ...plan, trigger: begunBy, recovered: true, retryScheduledFor: undefined }
    }
  }
  if (isOverdue(policy, firstAttemptAt, now)) return { _tag: "Exhaust", fired, attempts: attempt - 1, firstAttemptAt }
  return { _tag: "Run", fired, plan: { ...plan, trigger, recovered: false, retryScheduledFor: alarm?.at ?? now } }
}
