import { Clock, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { weekPartition } from "../maintenance/partitions.ts"
import { withDeadline } from "../storage/postgres/deadline.ts"
import { poolUsage } from "../storage/postgres/PgConnection.ts"
import {
  connectionsLimit,
  connectionsUsed,
  connectionsWaiting,
  databaseBytes,
  databaseUp,
  defaultPartitionBytes,
  longestTransaction,
  partitions,
  partitionsAhead
} from "./catalogue.ts"
import { metricContext, observe } from "./observe.ts"

interface Look {
  readonly bytes: number
  readonly default_bytes: number
  readonly oldest: number
  readonly weeks: ReadonlyArray<string>
}

// Transactions of other roles are visible only to superusers and members of pg_monitor; each role sees its own.
const look = `SELECT pg_database_size(current_database())::float8 AS bytes,
  pg_relation_size('event_timeline_default')::float8 AS default_bytes,
  coalesce((SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL), 0)::float8 AS oldest,
  ARRAY(SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'event_timeline'::regclass AND c.relname <> 'event_timeline_default') AS weeks`

/** Metrics of the pool and the database. The database is queried every 15 s, regardless of who reads the metrics. */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effectDiscard(Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const context = yield* metricContext
  const usage = poolUsage(sql)
  yield* observe(connectionsUsed, () => usage.used)
  yield* observe(connectionsWaiting, () => usage.waiting)
  yield* observe(connectionsLimit, () => usage.limit)
  const sample = Effect.gen(function*() {
    const [row] = yield* sql.unsafe<Look>(look)
    if (row === undefined) return
    // Partitions are named after their Monday, so names sort chronologically.
    const thisWeek = weekPartition(yield* Clock.currentTimeMillis).name
    databaseUp.updateUnsafe(1, context)
    databaseBytes.updateUnsafe(row.bytes, context)
    defaultPartitionBytes.updateUnsafe(row.default_bytes, context)
    longestTransaction.updateUnsafe(row.oldest, context)
    partitions.updateUnsafe(row.weeks.length, context)
    partitionsAhead.updateUnsafe(row.weeks.filter((name) => name > thisWeek).length, context)
  }).pipe(withDeadline("2 seconds"), Effect.catch(() => Effect.sync(() => databaseUp.updateUnsafe(0, context))))
  yield* Effect.forkScoped(Effect.repeat(sample, Schedule.spaced("15 seconds")))
}))
