import { Effect, type Redacted, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import * as PgConnection from "../storage/postgres/PgConnection.ts"
import { tenantsWithEvents } from "../storage/postgres/RetainedEvents.ts"
import { makeShadows } from "../storage/postgres/ShadowTables.ts"
import { sqlState } from "../storage/postgres/sqlFailure.ts"
import { orUnavailable } from "../storage/postgres/TenantSql.ts"
import { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { type Progress, rebuildTenant, type Rebuilt } from "./rebuildTenant.ts"

/** Only one rebuild can run on a database at a time, and none beside an erasure. */
export class RebuildRunning extends Schema.TaggedError<RebuildRunning>()("RebuildRunning", {}) {
  override get message() {
    return "Another rebuild, or the erasure of a tenant, runs on this database. Wait until it is over, then run this one " +
      "again if it is still needed."
  }
}

export interface RebuildOptions {
  /** Connects as the owner. */
  readonly url: Redacted.Redacted
  /** Default: all tenants with events, by name. */
  readonly tenantId?: string | undefined
  /** Reports the differences without fixing them. */
  readonly isDryRun: boolean
  /** Called after each page of events. */
  readonly onProgress: (progress: Progress) => Effect.Effect<void>
  readonly onTenant: (rebuilt: Rebuilt) => Effect.Effect<void>
}

/** A connection that replaced a lost one has no shadow tables. */
const isSessionLost = (error: SqlError) => sqlState(error) === "3F000"

const tryLock = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [lock] = yield* sql<{ taken: boolean }>`
    SELECT pg_try_advisory_lock(${advisoryLock.space}, ${advisoryLock.rebuild}) AS taken`
  return lock?.taken === true
})

const rebuildAll = Effect.fnUntraced(function*(options: RebuildOptions) {
  // The session of a rebuild that was killed may be about to end.
  const isAlone = yield* Effect.repeat(tryLock, {
    until: (taken) => taken,
    times: 20,
    schedule: Schedule.spaced("100 millis")
  })
  if (!isAlone) return yield* new RebuildRunning()
  const tenants = options.tenantId === undefined ? yield* tenantsWithEvents : [options.tenantId]
  const shadows = yield* makeShadows
  for (const tenantId of tenants) yield* options.onTenant(yield* rebuildTenant(tenantId, shadows, options))
})

/**
 * Folds the retained events again, alongside live ingest, and corrects rows that differ from what their events say.
 * Rows with missing events are left alone. Repeating or interrupting it at any point does no harm.
 */
export const rebuild = (options: RebuildOptions) =>
  rebuildAll(options).pipe(
    // Shadow tables and lock belong to one session: if it is lost, nothing needs cleaning up and nothing continues.
    Effect.provide(
      PgConnection.layer({ url: options.url, maxConnections: 1, applicationName: "tracker-server rebuild" })
    ),
    Effect.catchIf(isSqlError, (error) =>
      isSessionLost(error) ? new StoreUnavailable({ cause: error }) : orUnavailable(error))
  )
