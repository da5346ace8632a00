import { freshDatabase } from "@durable-effect/test-support"
import { Effect, Layer, type Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { rebuild, type RebuildOptions } from "../../src/maintenance/rebuild.ts"
import type { Rebuilt } from "../../src/maintenance/rebuildTenant.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import * as PgStores from "../../src/storage/postgres/PgStores.ts"
import * as TenantSql from "../../src/storage/postgres/TenantSql.ts"

/** The store as a server has it, partitions and all, and the owner's `SqlClient`. */
export const storesOn = (url: Redacted.Redacted) =>
  Layer.provideMerge(PgStores.layer, Layer.provideMerge(TenantSql.layer, PgConnection.layer({ url })))

const tables = [
  "task_executions",
  "plan_executions",
  "state_transitions",
  "delegation_groups",
  "trace_ranges"
]

/** All rows of all projected tables, but for what tells when and as which row they were written. */
export const projections = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  return yield* Effect.forEach(tables, (table) =>
    Effect.map(
      sql.unsafe<{ row: string }>(
        `SELECT (to_jsonb(t) - 'id' - 'created_at' - 'updated_at')::text AS row FROM public.${table} t`
      ),
      (rows) => [table, ...rows.map(({ row }) => row).sort()]
    ))
})

/** Runs a rebuild; answers what it says of each tenant. */
export const rebuilt = (
  url: Redacted.Redacted,
  { isDryRun = false, onProgress = () => Effect.void, tenantId }: Partial<RebuildOptions> = {}
) =>
  Effect.gen(function*() {
    const tenants: Array<Rebuilt> = []
    yield* rebuild({
      url,
      tenantId,
      isDryRun,
      onProgress,
      onTenant: (one) => Effect.sync(() => void tenants.push(one))
    })
    return tenants
  })

/** A database of its own, with its URL. */
export const onFreshStores = <A, E>(
  test: (url: Redacted.Redacted) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof storesOn>>>
) => Effect.scoped(Effect.flatMap(freshDatabase(), (url) => Effect.provide(test(url), storesOn(url))))

/** Waits until the rebuild's session waits for a lock. */
export const untilItWaits = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.repeat(
    sql`SELECT FROM pg_stat_activity WHERE application_name = 'tracker-server rebuild'
      AND datname = current_database() AND wait_event_type = 'Lock'`,
    { until: (rows) => rows.length === 1, schedule: Schedule.spaced("10 millis") }
  ))
