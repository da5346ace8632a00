import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { greatest } from "../../projection/Fact.ts"
import { readInstant } from "./joins.ts"

/**
 * A transaction from here on is of the database that a dump was restored from: its number says nothing about this
 * one's.
 */
const next = "pg_snapshot_xmax(pg_current_snapshot())"

/**
 * Records that events received before this instant may be gone from now on. Written before the first of them is
 * deleted.
 */
export const markDropped = Effect.fnUntraced(function*(before: Date) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO retention_mark AS m (dropped_before) VALUES (${before})
    ON CONFLICT (only_row) DO UPDATE SET dropped_before = greatest(m.dropped_before, excluded.dropped_before),
      dropped_through = CASE WHEN m.dropped_through < ${sql.literal(next)} THEN m.dropped_through END`
})

/** The later of this instant and the one before which events may be gone. */
export const notDroppedSince = Effect.fnUntraced(function*(instant: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ dropped_before: string }>(
    `SELECT ${readInstant("dropped_before", "dropped_before")} FROM retention_mark`
  )
  return greatest(instant, row?.dropped_before ?? null) ?? instant
})

/** The last transaction whose events may be gone; none if nothing was dropped. */
export const droppedThrough = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ dropped_through: string | null }>`
    SELECT dropped_through::text AS dropped_through FROM retention_mark WHERE dropped_through < ${sql.literal(next)}`
  return row?.dropped_through == null ? undefined : BigInt(row.dropped_through)
})

const raise = (last: string) =>
  `UPDATE retention_mark m SET dropped_through = last.commit_xid
  FROM (${last}) AS last WHERE m.dropped_through IS NULL OR m.dropped_through < last.commit_xid`

// The last of each tenant, by index lookup: a week may have many millions of events.
const lastOf = (partition: string) =>
  raise(`WITH RECURSIVE last AS (
    (SELECT tenant_id, commit_xid FROM ${partition} WHERE commit_xid < ${next}
      ORDER BY tenant_id DESC, commit_xid DESC LIMIT 1)
    UNION ALL
    SELECT e.tenant_id, e.commit_xid FROM last l, LATERAL (
      SELECT e.tenant_id, e.commit_xid FROM ${partition} e
      WHERE e.tenant_id < l.tenant_id AND e.commit_xid < ${next}
      ORDER BY e.tenant_id DESC, e.commit_xid DESC LIMIT 1
    ) AS e
  ) SELECT commit_xid FROM last ORDER BY commit_xid DESC LIMIT 1`)

/** Records the last transaction of a partition about to be dropped. Run it in the transaction that drops it. */
export const markPartitionDropped = (partition: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(lastOf(partition)))

/** `markPartitionDropped` for the rows of the default partition received before this instant. */
export const markDefaultDropped = (before: Date) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe(
      raise(`SELECT commit_xid FROM event_timeline_default WHERE received_at < $1 AND commit_xid < ${next}
        ORDER BY commit_xid DESC LIMIT 1`),
      [before]
    ))
