import { isoOfMillis } from "@durable-effect/core"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { notePending } from "../engine/PendingCall.ts"
import { addJobEvent } from "../events/emitJobEvent.ts"
import type { AttemptPlan } from "./Outcome.ts"

/** Records in the step that an attempt begins: `[retry.attempted], execution.started`. */
export const beginAttempt = (step: JobStep, plan: AttemptPlan, now: number): void => {
  const record = recordOf(step)
  step.record = { ...record, runCount: plan.runCount, generation: record.generation + 1 }
  const { executionId } = plan
  if (plan.retryScheduledFor !== undefined) {
    const fired = step.eventIds.get("alarm.fired")
    step.metrics.retried(record)
    addJobEvent(step, {
      type: "retry.attempted",
      executionId,
      attempt: plan.attempt,
      scheduledFor: isoOfMillis(plan.retryScheduledFor),
      ...(fired === undefined ? {} : { parentEventId: fired })
    })
  }
  const cause = plan.recovered
    ? record.execution?.startedEventId
    : step.eventIds.get("retry.attempted") ?? step.eventIds.get("debounce.flush.triggered") ??
      step.eventIds.get("task.event.received") ??
      step.eventIds.get("alarm.fired") ?? step.eventIds.get("job.started")
  const startedEventId = addJobEvent(step, {
    type: "execution.started",
    executionId,
    runCount: plan.runCount,
    attempt: plan.attempt,
    isRetry: plan.attempt > 1,
    trigger: plan.trigger,
    handler: plan.handler,
    ...(plan.recovered ? { recovered: true } : {}),
    ...(cause === undefined ? {} : { parentEventId: cause })
  })
  const lastError = record.execution?.lastError
  const calls = notePending(step, record.execution?.calls)
  step.record = {
    ...step.record,
    quarantined: false,
    execution: {
      executionId,
      handler: plan.handler,
      attempt: plan.attempt,
      firstAttemptAt: plan.firstAttemptAt ?? now,
      trigger: plan.trigger,
      begunAt: now,
      ...(startedEventId === undefined ? {} : { startedEventId }),
      ...(lastError === undefined ? {} : { lastError }),
      ...(calls === undefined ? {} : { calls })
    }
  }
}
