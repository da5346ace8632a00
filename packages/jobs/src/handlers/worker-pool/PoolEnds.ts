import { Context, Effect, Layer } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { StepStore } from "../../engine/StepStore.ts"
import type { JobsError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { JobsHost } from "../../host/JobsHost.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { CleanupService } from "../../services/CleanupService.ts"
import { DedupeKeys } from "../../services/DedupeKeys.ts"
import { InstanceSteps } from "../../services/InstanceSteps.ts"
import { poolIn } from "./changes.ts"
import { PoolRows } from "./PoolRows.ts"
import { kinds } from "./rows.ts"

/** Number of rows removed per commit. */
const pageSize = 1000

/** Ends incarnations of a shard. */
export class PoolEnds extends Context.Service<PoolEnds, {
  /**
   * Deletes the ids of finished items, many per commit, and emits `pool.drained, job.completed`; the next commit
   * removes the record.
   */
  readonly drain: (step: JobStep) => Effect.Effect<void, JobsError>
  /**
   * Removes all rows of a pool that is terminating, many per commit, and then emits `[alarm.cancelled],
   * job.terminated`; the next commit removes the record.
   */
  readonly purge: (step: JobStep) => Effect.Effect<void, JobsError>
  /** If one of its rows cannot be read, leaves the shard alone, as stored. */
  readonly orQuarantine: <A>(step: JobStep, effect: Effect.Effect<A, JobsError>) => Effect.Effect<A, JobsError>
}>()("@durable-effect/jobs/PoolEnds") {
  static readonly layer = Layer.effect(
    PoolEnds,
    Effect.gen(function*() {
      const host = yield* JobsHost
      const store = yield* StepStore
      const steps = yield* InstanceSteps
      const alarms = yield* AlarmService
      const cleanup = yield* CleanupService
      const dedupe = yield* DedupeKeys
      const rows = yield* PoolRows

      const removeAll = Effect.fnUntraced(function*(step: JobStep, prefix: string) {
        while (true) {
          const found = yield* host.loadEntries(step.instanceId, { prefix, limit: pageSize })
          if (found.length === 0) return
          for (const { key } of found) step.entries.set(key, null)
          yield* store.commit(step)
        }
      })

      const removeRows = (step: JobStep) =>
        Effect.forEach(Object.values(kinds), (prefix) => removeAll(step, prefix), { discard: true })

      /** Deletes what is remembered of ids of finished items. The places of dead letters stay with them. */
      const forgetLives = Effect.fnUntraced(function*(step: JobStep) {
        // The ids whose last item has ended in this very step.
        for (const [key, change] of step.entries) {
          if (change?.expiresAt != null && key.startsWith(kinds.item)) step.entries.set(key, null)
        }
        let after: string | undefined
        while (true) {
          const places = yield* rows.places(step.instanceId, after, pageSize)
          for (const { key, value } of places) if (value.key === null) step.entries.set(key, null)
          if (places.length < pageSize) return
          after = places.at(-1)?.key
          yield* store.commit(step)
        }
      })

      /**
       * Callers waiting in this process are answered after the commit; these answers are for repeats, should it die
       * before.
       */
      const answerWaiting = (step: JobStep) => {
        const { calls = [], processed } = poolIn(step)
        return dedupe.answer(step, calls, ({ action }) => action === "drain" ? processed : true)
      }

      return {
        drain: Effect.fnUntraced(function*(step) {
          yield* forgetLives(step)
          yield* answerWaiting(step)
          yield* alarms.cancel(step, "drained")
          addJobEvent(step, { type: "pool.drained", processed: poolIn(step).processed })
          addJobEvent(step, { type: "job.completed", reason: "drained", runCount: recordOf(step).runCount })
          step.record = undefined
        }),
        purge: Effect.fnUntraced(function*(step) {
          yield* removeRows(step)
          yield* answerWaiting(step)
          yield* cleanup.terminate(step, { by: "client", reason: poolIn(step).terminating?.reason })
        }),
        orQuarantine: (step, effect) =>
          Effect.catchTag(
            effect,
            "StateUndecodable",
            (error) => Effect.andThen(store.reload(step), steps.orQuarantine(step, Effect.fail(error)))
          )
      }
    })
  )
}
