import { type EventError, isoOfMillis } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import { executionIdOf } from "../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { emitJobEvent } from "../events/emitJobEvent.ts"
import type { NextRetry } from "../execution/nextRetry.ts"
import { AlarmService } from "./AlarmService.ts"
import { CleanupService } from "./CleanupService.ts"

/** What a failed attempt leaves behind. */
export interface Failure {
  readonly error: EventError
  /** Attempts that ran. */
  readonly attempts: number
  readonly firstAttemptAt: number
}

/** Carries out what `nextRetry` has decided. */
export class RetryExecutor extends Context.Service<RetryExecutor, {
  /** `alarm.scheduled(retry), retry.scheduled` */
  readonly schedule: (
    step: JobStep,
    retry: Extract<NextRetry, { readonly _tag: "Retry" }>,
    failure: Failure
  ) => Effect.Effect<void>
  /** `retry.exhausted, [alarm.cancelled], job.failed`, then `job.terminated` unless failures are kept. */
  readonly exhaust: (
    step: JobStep,
    reason: "maxAttempts" | "maxDuration",
    failure: Failure & { readonly now: number },
    onExhausted: "terminate" | "keep"
  ) => Effect.Effect<void>
}>()("@durable-effect/jobs/RetryExecutor") {
  static readonly layer = Layer.effect(
    RetryExecutor,
    Effect.gen(function*() {
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      return {
        schedule: (step, { attempt, delayMs, retryAt }, { error }) =>
          Effect.gen(function*() {
            const executionId = executionIdOf(recordOf(step))
            const failedId = step.eventIds.get("execution.failed")
            yield* alarms.schedule(step, { at: retryAt, kind: "retry" })
            yield* emitJobEvent({
              type: "retry.scheduled",
              executionId,
              attempt,
              retryAt: isoOfMillis(retryAt),
              delayMs,
              error,
              ...(failedId === undefined ? {} : { parentEventId: failedId })
            })
          }),
        exhaust: (step, reason, { attempts, error, firstAttemptAt, now }, onExhausted) =>
          Effect.gen(function*() {
            const record = recordOf(step)
            const executionId = executionIdOf(record)
            const cause = step.eventIds.get("execution.failed") ?? step.eventIds.get("alarm.fired")
            yield* emitJobEvent({
              type: "retry.exhausted",
              executionId,
              attempts,
              reason,
              lastError: error,
              totalDurationMs: Math.max(0, now - firstAttemptAt),
              ...(cause === undefined ? {} : { parentEventId: cause })
            })
            yield* alarms.cancel(step, "retryExhausted")
            yield* emitJobEvent({
              type: "job.failed",
              executionId,
              error,
              runCount: record.runCount,
              attempt: attempts,
              willRetry: false,
              reason: "retryExhausted",
              finalState: record.state
            })
            if (onExhausted === "terminate") yield* cleanup.terminate(step, { by: "retryExhausted" })
            else {
              step.record = {
                ...recordOf(step),
                status: "failed",
                execution: {
                  attempt: attempts,
                  firstAttemptAt,
                  trigger: "retry",
                  begunAt: null,
                  lastError: error
                }
              }
            }
          })
      }
    })
  )
}
