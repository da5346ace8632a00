import { type EventError, isoOfMillis } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import type { ReadError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { alter, poolIn, remove } from "./changes.ts"
import { isWorking, type ItemAttempt } from "./decide.ts"
import { parent } from "./itemEvents.ts"
import { PoolMoves } from "./PoolMoves.ts"
import { PoolRows } from "./PoolRows.ts"
import { instantOf, keys, kinds } from "./rows.ts"

/** Number of retries released per step. */
const retriesAtOnce = 256

/** The next attempt of an item whose attempt has failed. */
export interface ItemRetry {
  /** Its number; 1-based. */
  readonly attempt: number
  /** Epoch milliseconds. */
  readonly retryAt: number
  readonly delayMs: number
}

/** The pending retries of a shard, and its alarm, which is set to the first of them. */
export class PoolRetries extends Context.Service<PoolRetries, {
  /** Puts the item among the pending retries: `[alarm.scheduled], retry.scheduled`. */
  readonly schedule: (
    step: JobStep,
    attempt: ItemAttempt,
    retry: ItemRetry,
    failed: { readonly error: EventError; readonly eventId: string | undefined }
  ) => Effect.Effect<void, ReadError>
  /** Sets the alarm to the first pending retry, or cancels it, after one was removed. */
  readonly rearm: (step: JobStep) => Effect.Effect<void, ReadError>
  /** Lets due retries begin: `alarm.fired, [alarm.scheduled]`. */
  readonly wakeDue: (step: JobStep) => Effect.Effect<void, ReadError>
}>()("@durable-effect/jobs/PoolRetries") {
  static readonly layer = Layer.effect(
    PoolRetries,
    Effect.gen(function*() {
      const rows = yield* PoolRows
      const moves = yield* PoolMoves
      const alarms = yield* AlarmService

      return {
        schedule: Effect.fnUntraced(function*(step, { firstAttemptAt, item, runCount }, retry, failed) {
          const { attempt, delayMs, retryAt } = retry
          const begun = { runCount, attempt, firstAttemptAt, retryAt, lastError: failed.error }
          yield* moves.moveTo(step, { ...item, begun }, keys.retry(retryAt, item))
          const { departed, retrying } = poolIn(step)
          alter(step, { retrying: retrying + 1, departed: departed - 1 })
          const { alarm } = recordOf(step)
          if (alarm === null || retryAt < alarm.at) yield* alarms.schedule(step, { at: retryAt, kind: "retry" })
          addJobEvent(step, {
            type: "retry.scheduled",
            executionId: item.executionId,
            attempt,
            retryAt: isoOfMillis(retryAt),
            delayMs,
            error: failed.error,
            ...parent(failed.eventId)
          })
        }),

        rearm: Effect.fnUntraced(function*(step) {
          const first = yield* rows.first(step, kinds.retry)
          if (first === undefined) return yield* alarms.cancel(step, "cancelled")
          const at = instantOf(first.key)
          if (recordOf(step).alarm?.at !== at) yield* alarms.schedule(step, { at, kind: "retry" })
        }),

        wakeDue: Effect.fnUntraced(function*(step) {
          const { record } = step
          const now = step.clock.currentTimeMillisUnsafe()
          if (!isWorking(record) || record.alarm === null || record.alarm.at > now) return
          yield* alarms.fire(step, record.alarm, now)
          const waiting = yield* rows.items(step.instanceId, { prefix: kinds.retry, limit: retriesAtOnce })
          const due = waiting.filter(({ key }) => instantOf(key) <= now)
          for (const { key, value } of due) {
            remove(step, key)
            yield* moves.moveTo(step, value, keys.ready(value))
          }
          const { ready, retrying } = poolIn(step)
          alter(step, { ready: ready + due.length, retrying: retrying - due.length })
          const next = yield* rows.first(step, kinds.retry)
          if (next !== undefined) yield* alarms.schedule(step, { at: instantOf(next.key), kind: "retry" })
        })
      }
    })
  )
}
