import { Clock, Duration, Effect, Layer, Option, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { markDropped } from "../storage/postgres/RetentionMark.ts"
import { mondayOf, presentPartitions, weekPartition } from "./partitions.ts"

/** Pages of 8 KiB that one statement goes through, some 20,000 rows, so that none holds locks for long. */
const chunkPages = 256

/**
 * Everything received before this instant may go: the Monday of the week in which `keep` ago lies. Events are kept for
 * at least `keep`, and at most a week longer, since they go by whole partitions.
 */
export const cutoff = (nowMs: number, keep: Duration.Duration): number => mondayOf(nowMs - Duration.toMillis(keep))

/**
 * Deletes rows received before the instant, and answers how many there were. Goes through the table once, page by page:
 * a search for the next rows would pass those that are already deleted again and again.
 */
const deleteOlder = Effect.fnUntraced(function*(table: string, before: Date) {
  const sql = yield* SqlClient.SqlClient
  const [look] = yield* sql<{ pages: number; some: boolean }>`
    SELECT (pg_relation_size(${table}::regclass) / current_setting('block_size')::int8)::float8 AS pages,
      EXISTS (SELECT FROM ${sql(table)} WHERE received_at < ${before}) AS some`
  if (look?.some !== true) return 0
  let deleted = 0
  for (let page = 0; page < look.pages; page += chunkPages) {
    const [{ count } = { count: 0 }] = yield* sql<{ count: number }>`
      WITH gone AS (
        DELETE FROM ${sql(table)}
        WHERE ctid >= ${`(${page},0)`}::tid AND ctid < ${`(${page + chunkPages},0)`}::tid AND received_at < ${before}
        RETURNING 1
      ) SELECT count(*)::int4 AS count FROM gone`
    deleted += count
  }
  return deleted
})

/** Drops the partitions whose week lies wholly before the instant. */
const dropPartitions = Effect.fnUntraced(function*(beforeMs: number) {
  const sql = yield* SqlClient.SqlClient
  // A partition is named after its Monday, so names sort as weeks do.
  const oldestKept = weekPartition(beforeMs).name
  const expired = (yield* presentPartitions).filter((name) => name !== "event_timeline_default" && name < oldestKept)
    .sort()
  for (const name of expired) {
    yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`SET LOCAL lock_timeout = '2s'`
      yield* sql`DROP TABLE IF EXISTS ${sql(name)}`
    }))
  }
  return expired.length
})

/**
 * Lets go of events received more than `keep` ago, of their ids (which then count as new) and of what was refused then.
 * Plans, tasks and their transitions stay. Runs as the owner; several replicas may do it at once.
 */
export const applyRetention = Effect.fn("applyRetention")(function*(keep: Duration.Duration) {
  const beforeMs = cutoff(yield* Clock.currentTimeMillis, keep)
  const before = new Date(beforeMs)
  yield* markDropped(before)
  const partitions = yield* dropPartitions(beforeMs)
  const events = yield* deleteOlder("event_timeline_default", before)
  const ids = yield* deleteOlder("event_ids", before)
  const refused = yield* deleteOlder("rejected_events", before)
  if (partitions + events + ids + refused === 0) return
  yield* Effect.logInfo(
    `Retention: dropped ${partitions} partitions, ${ids} event ids and ${refused} refused events, ` +
      `all received before ${before.toISOString()}`
  )
}, Effect.catch((error) => Effect.logWarning("Retention could not end; it is tried again in an hour", error)))

/** Applies the retention in the background, now and every hour; does nothing where everything is kept. */
export const layer = (keep: Option.Option<Duration.Duration>): Layer.Layer<never, never, SqlClient.SqlClient> =>
  Option.match(keep, {
    onNone: () => Layer.empty,
    onSome: (keep) =>
      Layer.effectDiscard(
        Effect.forkScoped(Effect.repeat(applyRetention(keep), Schedule.spaced(Duration.hours(1))))
      )
  })
