import { Schema } from "effect"

/** What is stored of a worker pool's shard besides what every instance has. Its items are rows beside the record. */
export const PoolRecord = Schema.Struct({
  /** How many shards the pool had when the incarnation began: its queued items were distributed over them. */
  shards: Schema.Int,
  /** Sequence number of the last item; the next one's is greater. */
  seq: Schema.Int,
  /** Items that may begin. */
  ready: Schema.Int,
  /** Items waiting for another item of their partition. */
  behind: Schema.Int,
  /** Items waiting for their retry. */
  retrying: Schema.Int,
  /** Items whose start is committed. */
  running: Schema.Int,
  /** Items that ended in this incarnation, successfully or as dead letters. */
  processed: Schema.Int,
  /** Items that have left the queue: together with an item's place on arrival, this gives its current place. */
  departed: Schema.Int,
  paused: Schema.Boolean,
  draining: Schema.Boolean,
  /** Set while its rows are being removed; no item runs any more. */
  terminating: Schema.NullOr(Schema.Struct({ reason: Schema.optionalKey(Schema.String) })),
  /** Since when there has been work that could proceed, epoch milliseconds. */
  busySince: Schema.Finite,
  /** Keys of the rows of calls whose repeats are answered by the end of the incarnation. */
  calls: Schema.optionalKey(Schema.Array(Schema.String))
})
export type PoolRecord = typeof PoolRecord.Type

export const newPool: PoolRecord = {
  shards: 1,
  seq: 0,
  ready: 0,
  behind: 0,
  retrying: 0,
  running: 0,
  processed: 0,
  departed: 0,
  paused: false,
  draining: false,
  terminating: null,
  busySince: 0
}

export const waitingIn = (pool: PoolRecord): number => pool.ready + pool.behind + pool.retrying

export const isEmpty = (pool: PoolRecord): boolean => waitingIn(pool) + pool.running === 0

/** Whether a drain has come to its end. */
export const isDrained = (pool: PoolRecord): boolean => pool.draining && isEmpty(pool)

/** Whether there is something to do immediately, which a crash must not leave undone. */
export const isAtWork = (pool: PoolRecord): boolean =>
  pool.terminating !== null || pool.ready + pool.running > 0 || isDrained(pool)
