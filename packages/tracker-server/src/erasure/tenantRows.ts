import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** A table that has rows itself: a partitioned one is reached by its partitions. */
export interface TenantTable {
  /** Quoted where it has to be. */
  readonly name: string
  /** The table that it is a partition of, or itself. */
  readonly parent: string
}

/**
 * All tables with rows of tenants, found by the policy that migrations put on them, so that a table that comes with a
 * later migration is erased too. Keys and the audit log have none. Ids of events come last: without its id, an event
 * that is still there would be taken in once more.
 */
export const tenantTables = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql<TenantTable>`
    SELECT c.oid::regclass::text AS name, root.oid::regclass::text AS parent
    FROM pg_class c JOIN pg_class root ON root.oid = coalesce(pg_partition_root(c.oid), c.oid)
    WHERE c.relkind = 'r' AND root.relnamespace = current_schema()::regnamespace
      AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = root.oid AND p.polname = 'tenant_isolation')
    ORDER BY root.relname = 'event_ids', 2, 1`)

/** Rows of a table, its partitions included. */
export const countRows = Effect.fnUntraced(function*(table: string, tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ rows: number }>`
    SELECT count(*)::float8 AS rows FROM ${sql.literal(table)} WHERE tenant_id = ${tenantId}`
  return row?.rows ?? 0
})

/** Deletes at most so many of a tenant's rows, or all of them, and answers how many there were. */
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
