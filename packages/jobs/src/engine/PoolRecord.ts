import { Schema } from "effect"

/** What is stored of a worker pool's shard besides what every instance has. Its items are rows beside the record. */
export const PoolRecord = Schema.Struct({
  /** How many shards the pool had when the incarnation began: what waits was placed by it. */
  shards: Schema.Int,
  /** Of the last item; the next one's is greater. */
  seq: Schema.Int,
  /** Items that may begin. */
  ready: Schema.Int,
  /** Items that wait for another one of their partition. */
  behind: Schema.Int,
  /** Items that wait for their retry. */
  retrying: Schema.Int,
  /** Items whose begin is committed. */
  running: Schema.Int,
  /** Items that ended in this incarnation, well or as dead letters. */
  processed: Schema.Int,
  /** Items that have left the queue: with an item's place at its arrival this tells its place now. */
  departed: Schema.Int,
  paused: Schema.Boolean,
  draining: Schema.Boolean,
  /** Its rows are being removed; no item runs any more. */
  terminating: Schema.NullOr(Schema.Struct({ reason: Schema.optionalKey(Schema.String) })),
  /** Since when there has been work that could go on, epoch milliseconds. */
  busySince: Schema.Finite,
  /** The rows of calls whose repeats are answered by the end of the incarnation. */
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

/** Whether there is something to do at once, so that a crash must not leave it lying. */
export const isAtWork = (pool: PoolRecord): boolean =>
  pool.terminating !== null || pool.ready + pool.running > 0 || (pool.draining && isEmpty(pool))
