import { type EventError, isoOfMillis } from "@durable-effect/core"
import { instanceIdOf, type InstanceRecord } from "../../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { logAnnotations } from "../../engine/logAnnotations.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import type { ItemAttempt } from "./decide.ts"

export const parent = (eventId: string | undefined) => eventId === undefined ? {} : { parentEventId: eventId }

/** `[retry.attempted], execution.started`, at the time user code began. Returns the latter's id. */
export const tellBegin = (
  step: JobStep,
  { attempt, begunAt, isRecovered, item, runCount }: ItemAttempt
): string | undefined => {
  const { begun, enqueuedEventId, executionId } = item
  const record = recordOf(step)
  step.record = { ...record, runCount: Math.max(record.runCount, runCount) }
  const retryAt = begun?.retryAt ?? null
  if (retryAt !== null) step.metrics.retried(record)
  const attempted = retryAt === null ? undefined : addJobEvent(step, {
    type: "retry.attempted",
    executionId,
    attempt,
    scheduledFor: isoOfMillis(retryAt),
    ...parent(enqueuedEventId)
  }, begunAt)
  return addJobEvent(step, {
    type: "execution.started",
    executionId,
    runCount,
    attempt,
    isRetry: attempt > 1,
    trigger: "item",
    handler: "execute",
    ...(isRecovered ? { recovered: true } : {}),
    ...parent(isRecovered ? begun?.startedEventId : attempted ?? enqueuedEventId)
  }, begunAt)
}

export const tellExhausted = (
  step: JobStep,
  { firstAttemptAt, item }: ItemAttempt,
  told: {
    readonly reason: "maxAttempts" | "maxDuration"
    readonly attempts: number
    readonly error: EventError
    readonly failedEventId: string | undefined
  }
): void => {
  addJobEvent(step, {
    type: "retry.exhausted",
    executionId: item.executionId,
    attempts: told.attempts,
    reason: told.reason,
    lastError: told.error,
    totalDurationMs: Math.max(0, step.clock.currentTimeMillisUnsafe() - firstAttemptAt),
    ...parent(told.failedEventId)
  })
}

/** Log annotations for an item. */
export const itemAnnotations = (record: InstanceRecord, { attempt, item, runCount }: ItemAttempt) => ({
  ...logAnnotations(instanceIdOf(record), record, { attempt, runCount, executionId: item.executionId }),
  itemId: item.itemId
})
