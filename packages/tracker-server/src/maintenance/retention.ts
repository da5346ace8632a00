import { Clock, Duration, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { markDefaultDropped, markDropped, markPartitionDropped } from "../storage/postgres/RetentionMark.ts"
import { mondayOf, presentPartitions, weekPartition } from "./partitions.ts"

/** Pages of 8 KiB processed per statement, some 20,000 rows, so that none holds locks for long. */
const chunkPages = 256

/**
 * Everything received before this instant may be deleted: the Monday of the week that contains the instant `keep` ago.
 * Events are kept for at least `keep` and at most a week longer, since whole partitions are dropped.
 */
export const cutoff = (nowMs: number, keep: Duration.Duration): number => mondayOf(nowMs - Duration.toMillis(keep))

/**
 * Deletes rows received before the instant and returns how many. Scans the table once, page by page: repeatedly
 * searching for the next rows would pass the deleted ones again and again.
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

/** Partitions whose week lies entirely before the instant. */
const expiredPartitions = Effect.fnUntraced(function*(beforeMs: number) {
  // Partitions are named after their Monday, so names sort chronologically.
  const oldestKept = weekPartition(beforeMs).name
  return (yield* presentPartitions).filter((name) => name !== "event_timeline_default" && name < oldestKept).sort()
})

const dropPartition = Effect.fnUntraced(function*(name: string) {
  const sql = yield* SqlClient.SqlClient
  yield* sql.withTransaction(Effect.gen(function*() {
    yield* sql`SET LOCAL lock_timeout = '2s'`
    // Another server may have dropped it in the meantime.
    const [found] = yield* sql<{ is_there: boolean }>`SELECT to_regclass(${name}) IS NOT NULL AS is_there`
    if (found?.is_there !== true) return
    yield* markPartitionDropped(name)
    yield* sql`DROP TABLE IF EXISTS ${sql(name)}`
  }))
  return 1
})

/** One obstacle, such as a long read of a partition, must not stop the rest. `None` if the step failed. */
const step = <E, R>(table: string, rows: Effect.Effect<number, E, R>) =>
  Effect.asSome(rows).pipe(
    Effect.catch((error) =>
      Effect.as(
        Effect.logWarning(`Retention could not clear ${table}; it is tried again in a minute`, error),
        Option.none<number>()
      )
    )
  )

const sum = (counts: ReadonlyArray<Option.Option<number>>) =>
  counts.reduce((total, count) => total + Option.getOrElse(count, () => 0), 0)

/**
 * Deletes events received more than `keep` ago, their ids (which then count as new), and rejected events of that age.
 * Plans, tasks and their transitions are kept. Ids are deleted only after all of the events: without its id, an event
 * that is still there would be ingested again. Runs as the owner, and may run on several replicas at once. Returns
 * whether everything was deleted.
 */
export const applyRetention = Effect.fn("applyRetention")(
  function*(keep: Duration.Duration) {
    const beforeMs = cutoff(yield* Clock.currentTimeMillis, keep)
    const before = new Date(beforeMs)
    yield* markDropped(before)
    const partitions = yield* Effect.forEach(
      yield* expiredPartitions(beforeMs),
      (name) => step(name, dropPartition(name))
    )
    const clear = (table: string) => step(table, deleteOlder(table, before))
    const events = yield* step(
      "event_timeline_default",
      Effect.andThen(markDefaultDropped(before), deleteOlder("event_timeline_default", before))
    )
    const areGone = [...partitions, events].every(Option.isSome)
    const ids = areGone ? yield* clear("event_ids") : Option.none<number>()
    const rejected = yield* clear("rejected_events")
    if (sum([...partitions, events, ids, rejected]) > 0) {
      yield* Effect.logInfo(
        `Retention: dropped ${sum(partitions)} partitions, ${sum([ids])} event ids and ${
          sum([rejected])
        } rejected events, ` +
          `all received before ${before.toISOString()}`
      )
    }
    return [ids, rejected].every(Option.isSome)
  },
  Effect.catch((error) => Effect.as(Effect.logWarning("Retention failed; it is tried again in a minute", error), false))
)

/** Every hour, or in a minute if something failed. */
const applyForever = (keep: Duration.Duration): Effect.Effect<never, never, SqlClient.SqlClient> =>
  Effect.flatMap(
    applyRetention(keep),
    (isWhole) =>
      Effect.delay(Effect.suspend(() => applyForever(keep)), isWhole ? Duration.hours(1) : Duration.minutes(1))
  )

/** Applies retention in the background, now and every hour; does nothing if everything is kept. */
export const layer = (keep: Option.Option<Duration.Duration>): Layer.Layer<never, never, SqlClient.SqlClient> =>
  Option.match(keep, {
    onNone: () => Layer.empty,
    onSome: (keep) => Layer.effectDiscard(Effect.forkScoped(applyForever(keep)))
  })
