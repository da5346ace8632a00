import { Clock, Effect } from "effect"
import type { ReadError } from "../../errors.ts"
import type { ItemRuns } from "./itemRuns.ts"
import type { Keyed, PoolRows } from "./PoolRows.ts"
import { type Item, kinds } from "./rows.ts"
import type { RecordAtWork } from "./sessionPhase.ts"

export interface ItemStartsOptions {
  readonly instanceId: string
  /** Maximum number of items running at a time. */
  readonly concurrency: number
  readonly rows: PoolRows["Service"]
  readonly runs: ItemRuns
  /** Whether items may begin: asked once they are read, since a shutdown does not wait for that. */
  readonly mayStart: () => boolean
}

/** Starts the items of a shard in memory; their starts are stored later. */
export interface ItemStarts {
  /** Starts the items that may begin, as many as there is room for. */
  readonly startNext: (record: RecordAtWork) => Effect.Effect<void, ReadError>
  /** Called when an item's outcome may be lost: the next time, the stored items are compared with the running ones. */
  readonly suspectLoss: () => void
}

export const makeItemStarts = ({ concurrency, instanceId, mayStart, rows, runs }: ItemStartsOptions): ItemStarts => {
  /** Whether items may be stored as running that nobody runs: an earlier process may have left some. */
  let mayHaveLost = true

  /** Starts the first of these items, as many as there is room for, and returns how many. */
  const start = (items: ReadonlyArray<Keyed<Item>>, record: RecordAtWork, now: number): number => {
    const free = mayStart() ? Math.max(0, concurrency - runs.size()) : 0
    const first = items.slice(0, free)
    for (const { value } of first) runs.start(value, record, now)
    return first.length
  }

  const startLost = Effect.fnUntraced(function*(record: RecordAtWork, now: number) {
    const { running } = record.pool
    mayHaveLost = false
    const begun = running === 0 ? [] : yield* rows.items(instanceId, { prefix: kinds.run, limit: running })
    const lost = begun.filter(({ value }) => !runs.has(value.itemId))
    if (start(lost, record, now) < lost.length) mayHaveLost = true
  })

  const startReady = Effect.fnUntraced(function*(record: RecordAtWork, now: number) {
    const free = concurrency - runs.size()
    // These are still among the ready rows.
    const taken = runs.uncommitted()
    if (free <= 0 || record.pool.ready <= taken) return
    const ready = yield* rows.items(instanceId, { prefix: kinds.ready, limit: taken + free })
    start(ready.filter(({ value }) => !runs.has(value.itemId)), record, now)
  })

  return {
    startNext: Effect.fnUntraced(function*(record) {
      const now = yield* Clock.currentTimeMillis
      if (mayHaveLost) yield* startLost(record, now)
      yield* startReady(record, now)
    }),
    suspectLoss: () => {
      mayHaveLost = true
    }
  }
}
