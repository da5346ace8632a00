import { Context, Effect, Layer } from "effect"
import { type JobStep, recordOf } from "../engine/JobStep.ts"
import { emitJobEvent } from "../events/emitJobEvent.ts"
import { AlarmService } from "./AlarmService.ts"

export interface Termination {
  readonly by: "client" | "handler" | "retryExhausted" | "discard"
  readonly reason?: string | undefined
}

/** Ends an incarnation and leaves nothing of it in the storage. */
export class CleanupService extends Context.Service<CleanupService, {
  /** `[alarm.cancelled], job.terminated`; the next commit removes state and alarm. */
  readonly terminate: (step: JobStep, termination: Termination) => Effect.Effect<void>
}>()("@durable-effect/jobs/CleanupService") {
  static readonly layer = Layer.effect(
    CleanupService,
    Effect.gen(function*() {
      const alarms = yield* AlarmService
      return {
        terminate: (step, { by, reason }) =>
          Effect.gen(function*() {
            yield* alarms.cancel(step, "terminated")
            yield* emitJobEvent({
              type: "job.terminated",
              by,
              runCount: recordOf(step).runCount,
              ...(reason === undefined ? {} : { reason })
            })
            step.record = undefined
          })
      }
    })
  )
}
