import { type EventError, isoOfMillis } from "@durable-effect/core"
import { Context, Effect, Layer, Random, type Schema } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { waitingIn } from "../../engine/PoolRecord.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { nextRetry } from "../../execution/nextRetry.ts"
import type { Outcome } from "../../execution/Outcome.ts"
import type { RetryPolicy } from "../../RetryPolicy.ts"
import { AlarmService } from "../../services/AlarmService.ts"
import { alter, clearPlace, forget, leaveReady, poolIn, put, remove, setPlace } from "./changes.ts"
import { executionIdOf, isWaiting, isWorking, type ItemAttempt, lifeAfter, positionOf } from "./decide.ts"
import { itemAnnotations, parent, tellBegin, tellExhausted } from "./itemEvents.ts"
import { PoolRows, type RowTrouble } from "./PoolRows.ts"
import { instantOf, type Item, keys, kinds, type StoredDeadLetter } from "./rows.ts"

/** Number of retries released per step. */
const retriesAtOnce = 256

export interface NewPoolItem {
  readonly itemId: string
  readonly isOwnId: boolean
  readonly event: Schema.Json
  readonly partitionKey: string | undefined
  readonly priority: number
}

/** How user code ended. */
export interface ItemEnd {
  readonly outcome: Exclude<Outcome, { readonly _tag: "Interrupted" }>
  /** Undefined if the start is not committed yet. */
  readonly begun: { readonly startedEventId: string | undefined } | undefined
  readonly retry: RetryPolicy | undefined
}

/** What an attempt left behind. */
export interface Conclusion {
  readonly deadLetter?: { readonly event: Schema.Json; readonly error: EventError }
}

/** Updates a shard's items, step by step: their rows, the counters and the events. The caller commits. */
export class PoolItems extends Context.Service<PoolItems, {
  /** `pool.item.enqueued`. Returns the item's position. */
  readonly add: (step: JobStep, item: NewPoolItem) => Effect.Effect<number, RowTrouble>
  /** `[retry.attempted], execution.started`. Returns the latter's id. The item runs from now on. */
  readonly begin: (step: JobStep, attempt: ItemAttempt) => Effect.Effect<string | undefined, RowTrouble>
  /** The consequences of user code's end, preceded by the events of `begin` unless they were stored before. */
  readonly conclude: (step: JobStep, attempt: ItemAttempt, end: ItemEnd) => Effect.Effect<Conclusion, RowTrouble>
  /** The pending retry would begin too late: `retry.exhausted`. */
  readonly giveUp: (step: JobStep, attempt: ItemAttempt) => Effect.Effect<Conclusion, RowTrouble>
  /** `pool.item.cancelled`, if the item is queued. */
  readonly cancel: (step: JobStep, itemId: string) => Effect.Effect<boolean, RowTrouble>
  /** Releases due retries: `alarm.fired, [alarm.scheduled]`. */
  readonly wakeRetries: (step: JobStep) => Effect.Effect<void, RowTrouble>
  readonly forgetDeadLetter: (step: JobStep, itemId: string) => Effect.Effect<StoredDeadLetter | undefined, RowTrouble>
}>()("@durable-effect/jobs/PoolItems") {
  static readonly layer = Layer.effect(
    PoolItems,
    Effect.gen(function*() {
      const rows = yield* PoolRows
      const alarms = yield* AlarmService

      /** Moves an item to another key. */
      const moveTo = (step: JobStep, item: Item, key: string) =>
        Effect.map(rows.place(step, item.itemId), (before) => {
          put(step, key, item)
          setPlace(step, item, key, before?.place ?? 0)
        })

      /** The head of a partition is gone: its next item may begin. */
      const release = Effect.fnUntraced(function*(step: JobStep, { partitionKey }: Item) {
        if (partitionKey === undefined) return
        const next = yield* rows.first(step, keys.partition(partitionKey))
        if (next === undefined) return remove(step, keys.head(partitionKey))
        remove(step, next.key)
        yield* moveTo(step, next.value, keys.ready(next.value))
        const { behind, ready } = poolIn(step)
        alter(step, { behind: behind - 1, ready: ready + 1 })
      })

      const bury = Effect.fnUntraced(
        function*(step: JobStep, item: Item, failure: { readonly error: EventError; readonly attempts: number }) {
          const { event, isOwnId, itemId, partitionKey, priority } = item
          const { error } = failure
          const letter: StoredDeadLetter = {
            itemId,
            isOwnId,
            event,
            error,
            attempts: failure.attempts,
            failedAt: step.clock.currentTimeMillisUnsafe(),
            ...(partitionKey === undefined ? {} : { partitionKey }),
            priority
          }
          put(step, keys.dead(itemId), letter)
          setPlace(step, item, keys.dead(itemId), 0)
          yield* rows.addToDead(step, 1)
          alter(step, { processed: poolIn(step).processed + 1 })
          yield* release(step, item)
          return { deadLetter: { event, error } }
        }
      )

      const postpone = Effect.fnUntraced(function*(
        step: JobStep,
        { firstAttemptAt, item, runCount }: ItemAttempt,
        retry: { readonly attempt: number; readonly retryAt: number; readonly delayMs: number },
        failed: { readonly error: EventError; readonly eventId: string | undefined }
      ) {
        const { attempt, delayMs, retryAt } = retry
        const begun = { runCount, attempt, firstAttemptAt, retryAt, lastError: failed.error }
        yield* moveTo(step, { ...item, begun }, keys.retry(retryAt, item))
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
      })

      /** Sets the alarm to the first pending retry, if it is not. */
      const rearm = Effect.fnUntraced(function*(step: JobStep) {
        const first = yield* rows.first(step, kinds.retry)
        if (first === undefined) return yield* alarms.cancel(step, "cancelled")
        const at = instantOf(first.key)
        if (recordOf(step).alarm?.at !== at) yield* alarms.schedule(step, { at, kind: "retry" })
      })

      const succeed = (step: JobStep, item: Item) => {
        alter(step, { processed: poolIn(step).processed + 1 })
        forget(step, item)
        return release(step, item)
      }

      return {
        add: Effect.fnUntraced(function*(step, { event, isOwnId, itemId, partitionKey, priority }) {
          const { incarnationId } = recordOf(step)
          const { behind, departed, ready, seq: lastSeq } = poolIn(step)
          const isBehind = partitionKey !== undefined && (yield* rows.hasHead(step, partitionKey))
          const life = lifeAfter(yield* rows.place(step, itemId), incarnationId)
          const executionId = executionIdOf(incarnationId, itemId, life)
          const seq = lastSeq + 1
          alter(step, { seq, ...(isBehind ? { behind: behind + 1 } : { ready: ready + 1 }) })
          const inPartition = partitionKey === undefined ? {} : { partitionKey }
          const depth = waitingIn(poolIn(step))
          const enqueuedEventId = addJobEvent(step, {
            type: "pool.item.enqueued",
            executionId,
            itemId,
            ...inPartition,
            priority,
            depth
          })
          const item: Item = {
            itemId,
            isOwnId,
            executionId,
            life,
            seq,
            ...inPartition,
            priority,
            event,
            ...(enqueuedEventId === undefined ? {} : { enqueuedEventId })
          }
          const key = isBehind ? keys.behind(partitionKey, seq) : keys.ready(item)
          put(step, key, item)
          if (partitionKey !== undefined && !isBehind) put(step, keys.head(partitionKey), {})
          return positionOf(setPlace(step, item, key, departed + depth), poolIn(step))
        }),

        begin: Effect.fnUntraced(function*(step, attempt) {
          const { firstAttemptAt, isRecovered, item, runCount } = attempt
          const startedEventId = tellBegin(step, attempt)
          const lastError = item.begun?.lastError
          const begun = {
            runCount,
            attempt: attempt.attempt,
            firstAttemptAt,
            retryAt: null,
            ...(startedEventId === undefined ? {} : { startedEventId }),
            ...(lastError === undefined ? {} : { lastError })
          }
          if (!isRecovered) {
            leaveReady(step, item)
            alter(step, { running: poolIn(step).running + 1 })
          }
          yield* moveTo(step, { ...item, begun }, keys.run(item))
          return startedEventId
        }),

        conclude: Effect.fnUntraced(
          function*(step, attempt, { begun, outcome, retry }): Effect.fn.Return<Conclusion, RowTrouble> {
            const { firstAttemptAt, isRecovered, item } = attempt
            const startedEventId = begun === undefined ? tellBegin(step, attempt) : begun.startedEventId
            if (begun === undefined && !isRecovered) leaveReady(step, item)
            else {
              remove(step, keys.run(item))
              alter(step, { running: poolIn(step).running - 1 })
            }
            const told = {
              executionId: item.executionId,
              runCount: attempt.runCount,
              attempt: attempt.attempt,
              durationMs: outcome.durationMs,
              ...parent(startedEventId)
            }
            if (outcome._tag !== "Failed") {
              const terminated = outcome._tag === "TerminatedByHandler" ? { terminated: true } : {}
              addJobEvent(step, { type: "execution.succeeded", ...told, ...terminated })
              yield* succeed(step, item)
              return {}
            }
            const { storedError: error } = outcome
            const now = step.clock.currentTimeMillisUnsafe()
            const random = yield* Random.next
            const next = nextRetry(retry, { attempt: attempt.attempt, firstAttemptAt, now, random })
            const willRetry = next._tag === "Retry"
            const failedEventId = addJobEvent(step, { type: "execution.failed", ...told, error, willRetry })
            yield* Effect.logWarning(
              `Item ${item.itemId} failed: ${outcome.error.message}. ${
                next._tag === "Retry" ? `Next attempt in ${next.delayMs} ms.` : "It is a dead letter."
              }`
            ).pipe(Effect.annotateLogs(itemAnnotations(recordOf(step), attempt)))
            if (next._tag === "Retry") {
              yield* postpone(step, attempt, next, { error, eventId: failedEventId })
              return {}
            }
            const attempts = attempt.attempt
            if (next._tag === "Exhausted") {
              tellExhausted(step, attempt, { reason: next.reason, attempts, error, failedEventId })
            }
            return yield* bury(step, item, { error, attempts })
          }
        ),

        giveUp: (step, attempt) => {
          const { item } = attempt
          const error = item.begun?.lastError ?? { message: "unknown" }
          const attempts = attempt.attempt - 1
          leaveReady(step, item)
          tellExhausted(step, attempt, { reason: "maxDuration", attempts, error, failedEventId: undefined })
          return bury(step, item, { error, attempts })
        },

        cancel: Effect.fnUntraced(function*(step, itemId) {
          const place = yield* rows.place(step, itemId)
          if (place === undefined || place.key === null || !isWaiting(place)) return false
          const { key } = place
          const item = yield* rows.item(step, key)
          if (item === undefined) return false
          remove(step, key)
          const { behind, departed, ready, retrying } = poolIn(step)
          const isBehind = key.startsWith(kinds.behind)
          const isRetry = key.startsWith(kinds.retry)
          const left = isBehind ? { behind: behind - 1 } : isRetry ? { retrying: retrying - 1 } : { ready: ready - 1 }
          alter(step, { departed: departed + 1, ...left })
          addJobEvent(step, {
            type: "pool.item.cancelled",
            executionId: item.executionId,
            itemId,
            ...parent(item.enqueuedEventId)
          })
          forget(step, item)
          if (isRetry) yield* rearm(step)
          if (!isBehind) yield* release(step, item)
          return true
        }),

        wakeRetries: Effect.fnUntraced(function*(step) {
          const { record } = step
          const now = step.clock.currentTimeMillisUnsafe()
          if (!isWorking(record) || record.alarm === null || record.alarm.at > now) return
          yield* alarms.fire(step, record.alarm, now)
          const waiting = yield* rows.items(step.instanceId, { prefix: kinds.retry, limit: retriesAtOnce })
          const due = waiting.filter(({ key }) => instantOf(key) <= now)
          for (const { key, value } of due) {
            remove(step, key)
            yield* moveTo(step, value, keys.ready(value))
          }
          const { ready, retrying } = poolIn(step)
          alter(step, { ready: ready + due.length, retrying: retrying - due.length })
          const next = yield* rows.first(step, kinds.retry)
          if (next !== undefined) yield* alarms.schedule(step, { at: instantOf(next.key), kind: "retry" })
        }),

        forgetDeadLetter: Effect.fnUntraced(function*(step, itemId) {
          const letter = yield* rows.deadLetter(step, itemId)
          if (letter === undefined) return undefined
          remove(step, keys.dead(itemId))
          const place = yield* rows.place(step, itemId)
          if (place !== undefined) clearPlace(step, itemId, place)
          yield* rows.addToDead(step, -1)
          return letter
        })
      }
    })
  )
}
