import type { EventError } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import { type ExecutionInProgress } from "../engine/InstanceRecord.ts"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { emitJobEvent } from "../events/emitJobEvent.ts"
import type { OnExhausted } from "../RetryPolicy.ts"
import { AlarmService } from "./AlarmService.ts"

export interface Termination {
  readonly by: "client" | "handler" | "retryExhausted" | "executionFailed" | "clear" | "discard"
  readonly reason?: string | undefined
}

export interface FinalFailure {
  readonly reason: "retryExhausted" | "executionFailed"
  /** In its storable form. */
  readonly error: EventError
  readonly execution: ExecutionInProgress
  /** Attempts that ran. */
  readonly attempts: number
  readonly onExhausted: OnExhausted
}

/** Ends an incarnation and removes everything it stored. */
export class CleanupService extends Context.Service<CleanupService, {
  /** `[alarm.cancelled], job.terminated`; the next commit removes state and alarm. */
  readonly terminate: (step: JobStep, termination: Termination) => Effect.Effect<void>
  /** `[alarm.cancelled], job.completed(terminatedByHandler), job.terminated(handler)` */
  readonly complete: (step: JobStep, reason: string | undefined) => Effect.Effect<void>
  /** `[alarm.cancelled], job.failed`, then `job.terminated`, or what is kept of a failure until somebody acts on it. */
  readonly fail: (step: JobStep, failure: FinalFailure) => Effect.Effect<void>
}>()("@durable-effect/jobs/CleanupService") {
  static readonly layer = Layer.effect(
    CleanupService,
    Effect.gen(function*() {
      const alarms = yield* AlarmService

      const terminate = Effect.fnUntraced(function*(step: JobStep, { by, reason }: Termination) {
        yield* alarms.cancel(step, "terminated")
        yield* emitJobEvent({
          type: "job.terminated",
          by,
          runCount: recordOf(step).runCount,
          ...(reason === undefined ? {} : { reason })
        })
        step.record = undefined
      })

      return {
        terminate,
        complete: Effect.fnUntraced(function*(step, reason) {
          yield* alarms.cancel(step, "terminated")
          const { runCount } = recordOf(step)
          yield* emitJobEvent({ type: "job.completed", reason: "terminatedByHandler", runCount })
          yield* terminate(step, { by: "handler", reason })
        }),
        fail: Effect.fnUntraced(function*(step, { attempts, error, execution, onExhausted, reason }) {
          yield* alarms.cancel(step, reason)
          const record = recordOf(step)
          yield* emitJobEvent({
            type: "job.failed",
            executionId: execution.executionId,
            error,
            runCount: record.runCount,
            attempt: attempts,
            willRetry: false,
            reason,
            finalState: record.state
          })
          if (onExhausted === "terminate") return yield* terminate(step, { by: reason })
          step.record = {
            ...recordOf(step),
            status: "failed",
            execution: { ...execution, attempt: attempts, begunAt: null, lastError: error }
          }
        })
      }
    })
  )
}
