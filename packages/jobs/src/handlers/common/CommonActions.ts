import { Context, Effect, Layer, type Schema } from "effect"
import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import { Instances } from "../../engine/Instances.ts"
import type { JobStep } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { HostUnavailable, JobsError } from "../../errors.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import type { Call } from "../../services/DedupeKeys.ts"
import { EntityState } from "../../services/EntityState.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"

/** `failed`: no attempts are left and the definition keeps failures, or its stored state cannot be read. */
export const isFailed = (record: InstanceRecord | undefined): boolean =>
  record !== undefined && (record.quarantined || record.status === "failed")

type AfterDiscard = (step: JobStep, gone: InstanceRecord) => Effect.Effect<void, HostUnavailable>

/** The requests that every kind of instance handles the same way. */
export class CommonActions extends Context.Service<CommonActions, {
  /** @param before what else has to go with the instance, noted in the step */
  readonly terminate: (
    instanceId: string,
    request: Call & { readonly reason?: string },
    before?: (step: JobStep) => void
  ) => Effect.Effect<{ readonly terminated: boolean; readonly reason?: string }, JobsError>
  /** @param after what follows in the step, given the instance that has gone */
  readonly discard: (
    instanceId: string,
    request: Call,
    after?: AfterDiscard
  ) => Effect.Effect<{ readonly discarded: boolean }, JobsError>
  /** @param hasState whether there is a state; default: as soon as there is an instance */
  readonly getState: (
    instanceId: string,
    definition: { readonly decode: (stored: unknown) => Effect.Effect<unknown, Schema.SchemaError> },
    hasState?: (record: InstanceRecord) => boolean
  ) => Effect.Effect<{ readonly state: Schema.Json | null; readonly found: boolean }, JobsError>
}>()("@durable-effect/jobs/CommonActions") {
  static readonly layer = Layer.effect(
    CommonActions,
    Effect.gen(function*() {
      const store = yield* StepStore
      const instances = yield* Instances
      const steps = yield* InstanceSteps
      const cleanup = yield* CleanupService
      const states = yield* EntityState

      const terminate = Effect.fnUntraced(
        function*(step: JobStep, reason: string | undefined, before: ((step: JobStep) => void) | undefined) {
          if (step.record === undefined) return { terminated: false }
          before?.(step)
          yield* cleanup.terminate(step, { by: "client", reason })
          return { terminated: true, ...(reason === undefined ? {} : { reason }) }
        }
      )

      const discard = Effect.fnUntraced(function*(step: JobStep, after: AfterDiscard | undefined) {
        const gone = step.record
        if (gone === undefined || !isFailed(gone)) return { discarded: false }
        yield* cleanup.terminate(step, { by: "discard" })
        if (after !== undefined) yield* after(step, gone)
        return { discarded: true }
      })

      return {
        terminate: Effect.fnUntraced(
          function*(instanceId, request, before) {
            const { dedupeKey, reason } = request
            // An instance running for the first time may have nothing stored yet.
            const isFree = dedupeKey === undefined && !instances.isBusy(instanceId)
            if (isFree && (yield* store.read(instanceId)) === undefined) return { terminated: false }
            const options = { turn: "interrupt", call: request } as const
            return yield* steps.run(instanceId, (step) => terminate(step, reason, before), options)
          },
          (termination, instanceId) =>
            Effect.catchTag(
              termination,
              "StateUndecodable",
              () => Effect.map(store.setAside(instanceId, "remove"), (terminated) => ({ terminated }))
            )
        ),

        discard: (instanceId, request, after) =>
          steps.run(instanceId, (step) => discard(step, after), { call: request }),

        getState: Effect.fnUntraced(function*(instanceId, definition, hasState = () => true) {
          const record = yield* store.read(instanceId)
          if (record === undefined || !hasState(record)) return { state: null, found: false }
          return { state: yield* states.read(definition, record), found: true }
        })
      }
    })
  )
}
