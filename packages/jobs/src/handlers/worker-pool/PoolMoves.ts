import { Context, Effect, Layer } from "effect"
import type { JobStep } from "../../engine/JobStep.ts"
import type { ReadError } from "../../errors.ts"
import { alter, poolIn, put, remove, setPlace } from "./changes.ts"
import { PoolRows } from "./PoolRows.ts"
import { type Item, keys } from "./rows.ts"

/** Moves a shard's items from row to row; the kind of the row says what an item waits for. */
export class PoolMoves extends Context.Service<PoolMoves, {
  /** Stores the item under another key, where its id finds it from now on. The caller removes the former row. */
  readonly moveTo: (step: JobStep, item: Item, key: string) => Effect.Effect<void, ReadError>
  /** The item, if it has a partition, was its head and is gone: the next item of the partition may begin. */
  readonly release: (step: JobStep, item: Item) => Effect.Effect<void, ReadError>
}>()("@durable-effect/jobs/PoolMoves") {
  static readonly layer = Layer.effect(
    PoolMoves,
    Effect.gen(function*() {
      const rows = yield* PoolRows

      const moveTo = (step: JobStep, item: Item, key: string) =>
        Effect.map(rows.place(step, item.itemId), (before) => {
          put(step, key, item)
          setPlace(step, item, key, before?.place ?? 0)
        })

      return {
        moveTo,
        release: Effect.fnUntraced(function*(step, { partitionKey }) {
          if (partitionKey === undefined) return
          const next = yield* rows.first(step, keys.partition(partitionKey))
          if (next === undefined) return remove(step, keys.head(partitionKey))
          remove(step, next.key)
          yield* moveTo(step, next.value, keys.ready(next.value))
          const { behind, ready } = poolIn(step)
          alter(step, { behind: behind - 1, ready: ready + 1 })
        })
      }
    })
  )
}
