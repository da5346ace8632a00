import { type EventError, isoOfMillis } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import type { ExecutionInProgress } from "../engine/InstanceRecord.ts"
import type { JobStep } from "../engine/JobStep.ts"
import { emitJobEvent } from "../events/emitJobEvent.ts"
import type { NextRetry } from "../execution/nextRetry.ts"
import type { OnExhausted } from "../RetryPolicy.ts"
import { AlarmService } from "./AlarmService.ts"
import { CleanupService } from "./CleanupService.ts"

/** What a failed attempt leaves behind. */
export interface Failure {
  /** In its storable form. */
  readonly error: EventError
  readonly execution: ExecutionInProgress
  /** Attempts that ran. */
  readonly attempts: number
}

/** Carries out the decision of `nextRetry`. */
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
    onExhausted: OnExhausted
  ) => Effect.Effect<void>
}>()("@durable-effect/jobs/RetryExecutor") {
  static readonly layer = Layer.effect(
    RetryExecutor,
    Effect.gen(function*() {
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      return {
        schedule: Effect.fnUntraced(function*(step, { attempt, delayMs, retryAt }, { error, execution }) {
          const failedId = step.eventIds.get("execution.failed")
          yield* alarms.schedule(step, { at: retryAt, kind: "retry" })
          yield* emitJobEvent({
            type: "retry.scheduled",
            executionId: execution.executionId,
            attempt,
            retryAt: isoOfMillis(retryAt),
            delayMs,
            error,
            ...(failedId === undefined ? {} : { parentEventId: failedId })
          })
        }),
        exhaust: Effect.fnUntraced(function*(step, reason, { attempts, error, execution, now }, onExhausted) {
          const cause = step.eventIds.get("execution.failed") ?? step.eventIds.get("alarm.fired")
          yield* emitJobEvent({
            type: "retry.exhausted",
            executionId: execution.executionId,
            attempts,
            reason,
            lastError: error,
            totalDurationMs: Math.max(0, now - execution.firstAttemptAt),
            ...(cause === undefined ? {} : { parentEventId: cause })
          })
          yield* cleanup.fail(step, { reason: "retryExhausted", error, execution, attempts, onExhausted })
        })
      }
    })
  )
}
