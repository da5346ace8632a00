import { Context, Effect, Layer, type Schema } from "effect"
import { type JobStep, recordOf } from "../../engine/JobStep.ts"
import { waitingIn } from "../../engine/PoolRecord.ts"
import type { ReadError } from "../../errors.ts"
import { addJobEvent } from "../../events/emitJobEvent.ts"
import { alter, forget, poolIn, put, remove, setPlace } from "./changes.ts"
import { executionIdOf, isWaiting, lifeAfter, positionOf } from "./decide.ts"
import { parent } from "./itemEvents.ts"
import { PoolMoves } from "./PoolMoves.ts"
import { PoolRetries } from "./PoolRetries.ts"
import { PoolRows } from "./PoolRows.ts"
import { type Item, keys, kinds } from "./rows.ts"

export interface NewPoolItem {
  readonly itemId: string
  readonly isOwnId: boolean
  readonly event: Schema.Json
  readonly partitionKey: string | undefined
  readonly priority: number
}

/** The items of a shard that have not begun, or wait for a retry. */
export class PoolQueue extends Context.Service<PoolQueue, {
  /** `pool.item.enqueued`. Returns the item's position. */
  readonly add: (step: JobStep, item: NewPoolItem) => Effect.Effect<number, ReadError>
  /** `pool.item.cancelled`, if the item is queued. */
  readonly cancel: (step: JobStep, itemId: string) => Effect.Effect<boolean, ReadError>
}>()("@durable-effect/jobs/PoolQueue") {
  static readonly layer = Layer.effect(
    PoolQueue,
    Effect.gen(function*() {
      const rows = yield* PoolRows
      const moves = yield* PoolMoves
      const retries = yield* PoolRetries

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
          if (isRetry) yield* retries.rearm(step)
          if (!isBehind) yield* moves.release(step, item)
          return true
        })
      }
    })
  )
}
