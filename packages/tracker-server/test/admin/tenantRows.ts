import { Effect } from "effect"
import type { SqlClient } from "effect/sql"

/** Tables that name a tenant, by the catalogue: those of a later migration too. */
export const tablesOfTenants = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ name: string }>`
      SELECT c.relname::text AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attname = 'tenant_id' AND NOT a.attisdropped ORDER BY 1`,
    (rows) => rows.map(({ name }) => name)
  )

/** Every row of a tenant, whatever the table, as text. */
export const rowsOf = (sql: SqlClient.SqlClient, tenantId: string) =>
  Effect.gen(function*() {
    const rows: Record<string, ReadonlyArray<string>> = {}
    for (const table of yield* tablesOfTenants(sql)) {
      const found = yield* sql<{ row: string }>`
        SELECT t::text AS row FROM ${sql(table)} AS t WHERE tenant_id = ${tenantId} ORDER BY 1`
      rows[table] = found.map(({ row }) => row)
    }
    return rows
  })
