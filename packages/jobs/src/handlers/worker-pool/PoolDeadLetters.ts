import type { EventError } from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import type { JobStep } from "../../engine/JobStep.ts"
import type { ReadError } from "../../errors.ts"
import { alter, clearPlace, poolIn, put, remove, setPlace } from "./changes.ts"
import { PoolMoves } from "./PoolMoves.ts"
import { PoolRows } from "./PoolRows.ts"
import { type Item, keys, type StoredDeadLetter } from "./rows.ts"

/** Why an item is not attempted again. */
export interface ItemFailure {
  readonly error: EventError
  /** Number of attempts that were made. */
  readonly attempts: number
}

/** Items that failed for good, kept until somebody retries or discards them. */
export class PoolDeadLetters extends Context.Service<PoolDeadLetters, {
  /** Makes an item that has left its row a dead letter. */
  readonly add: (step: JobStep, item: Item, failure: ItemFailure) => Effect.Effect<StoredDeadLetter, ReadError>
  /** Removes and returns the dead letter with this id, if there is one. */
  readonly take: (step: JobStep, itemId: string) => Effect.Effect<StoredDeadLetter | undefined, ReadError>
}>()("@durable-effect/jobs/PoolDeadLetters") {
  static readonly layer = Layer.effect(
    PoolDeadLetters,
    Effect.gen(function*() {
      const rows = yield* PoolRows
      const moves = yield* PoolMoves

      return {
        add: Effect.fnUntraced(function*(step, item, { attempts, error }) {
          const { event, isOwnId, itemId, partitionKey, priority } = item
          const letter: StoredDeadLetter = {
            itemId,
            isOwnId,
            event,
            error,
            attempts,
            failedAt: step.clock.currentTimeMillisUnsafe(),
            ...(partitionKey === undefined ? {} : { partitionKey }),
            priority
          }
          put(step, keys.dead(itemId), letter)
          setPlace(step, item, keys.dead(itemId), 0)
          yield* rows.addToDead(step, 1)
          alter(step, { processed: poolIn(step).processed + 1 })
          yield* moves.release(step, item)
          return letter
        }),

        take: Effect.fnUntraced(function*(step, itemId) {
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
