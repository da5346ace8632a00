import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** A table with rows of its own: partitioned tables are reached through their partitions. */
export interface TenantTable {
  /** Quoted if necessary. */
  readonly name: string
  /** The table it is a partition of, or itself. */
  readonly parent: string
}

/**
 * All tables with tenant rows, found by the policy that migrations put on them, so that tables added by later
 * migrations are erased too. Keys and the audit log have no such policy. Event ids come last: without its id, an event
 * that is still there would be ingested again.
 */
export const tenantTables = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql<TenantTable>`
    SELECT c.oid::regclass::text AS name, root.oid::regclass::text AS parent
    FROM pg_class c JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
    WHERE c.relkind = 'r' AND root.relnamespace = current_schema()::regnamespace
      AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = root.oid AND p.polname = 'tenant_isolation')
    ORDER BY root.relname = 'event_ids', 2, 1`)

/** Counts the rows of a table, including its partitions. */
export const countRows = Effect.fnUntraced(function*(table: string, tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ rows: number }>`
    SELECT count(*)::float8 AS rows FROM ${sql.literal(table)} WHERE tenant_id = ${tenantId}`
  return row?.rows ?? 0
})

/** Deletes at most this many of a tenant's rows, or all of them, and returns how many were deleted. */
export const deleteRows = Effect.fnUntraced(function*(table: TenantTable, tenantId: string, atMost: number | null) {
  const sql = yield* SqlClient.SqlClient
  const name = sql.literal(table.name)
  const [row] = yield* sql<{ rows: number }>`
    WITH gone AS (
      DELETE FROM ${name} WHERE ctid = ANY(
        ARRAY(SELECT ctid FROM ${name} WHERE tenant_id = ${tenantId} LIMIT ${atMost}::bigint)
      ) RETURNING 1
    ) SELECT count(*)::float8 AS rows FROM gone`
  return row?.rows ?? 0
})
