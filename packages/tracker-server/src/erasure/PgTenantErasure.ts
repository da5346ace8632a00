import { Duration, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { Actor } from "../identity/Actor.ts"
import { countKeys, deleteKeys, requireLive } from "../identity/apiKeyRows.ts"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import { audit } from "../storage/postgres/AuditLog.ts"
import { withDeadline } from "../storage/postgres/deadline.ts"
import { sqlFailure, sqlState } from "../storage/postgres/sqlFailure.ts"
import { holdTenant } from "../storage/postgres/tenantLock.ts"
import { orUnavailable } from "../storage/postgres/TenantSql.ts"
import { ErasureHeldUp, type RowCounts, TenantErasure } from "./TenantErasure.ts"
import { countRows, deleteRows, type TenantTable, tenantTables } from "./tenantRows.ts"

/** Rows deleted per transaction, so that none blocks the tenant's requests for long. */
const chunkRows = 2000

/** Timeout of one chunk, and of the count of all rows. */
const patience = Duration.seconds(60)

/** Counts by table name, summing over partitions. */
class Tally {
  readonly #rows = new Map<string, number>()
  add(table: string, rows: number): void {
    if (rows > 0) this.#rows.set(table, (this.#rows.get(table) ?? 0) + rows)
  }
  get counts(): RowCounts {
    return Object.fromEntries([...this.#rows].sort(([left], [right]) => left < right ? -1 : 1))
  }
}

/** Retention may drop a partition at any time; its rows are gone then. */
const isDropped = (error: unknown) => isSqlError(error) && sqlState(error) === "42P01"

const isContention = (error: unknown) => isSqlError(error) && sqlFailure(error) === "contention"

/**
 * A transaction of the owner that excludes all others that write the tenant's rows, and rebuilds. A key that requested
 * it must still be valid.
 */
const holding = <A, E>(tenantId: string, by: Actor, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.withTransaction(Effect.gen(function*() {
      const [lock] = yield* sql<{ free: boolean }>`
        SELECT pg_try_advisory_xact_lock_shared(${advisoryLock.space}, ${advisoryLock.rebuild}) AS free`
      if (lock?.free !== true) return yield* new ErasureHeldUp()
      yield* sql.unsafe(`SELECT ${holdTenant("$1")}`, [tenantId])
      yield* requireLive(by)
      // The tenant may own most of a table. An index scan stops at the chunk's last row; a sequential scan, or a bitmap
      // of the whole tenant, would be paid for again with every chunk.
      yield* sql`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`
      return yield* effect
    }))).pipe(
      Effect.retry({
        while: (error) => isContention(error) || isDropped(error),
        schedule: Schedule.exponential("20 millis"),
        times: 5
      }),
      withDeadline(patience)
    )

const begin = (tenantId: string, by: Actor) =>
  holding(
    tenantId,
    by,
    Effect.andThen(
      audit({ actor: by, action: "tenant.erasure_started", tenantId }),
      // From here on nobody can send anything with these keys; the requesting key must be able to repeat the request.
      deleteKeys(tenantId, by)
    )
  )

const eraseTable = Effect.fnUntraced(function*(table: TenantTable, tenantId: string, by: Actor, tally: Tally) {
  for (let rows = chunkRows; rows === chunkRows; tally.add(table.parent, rows)) {
    rows = yield* holding(tenantId, by, deleteRows(table, tenantId, chunkRows)).pipe(
      Effect.catchIf(isDropped, () => Effect.succeed(0))
    )
  }
})

/** Deletes what arrived since its table was processed, and the last key. Returns the totals erased. */
const end = (tenantId: string, by: Actor, before: RowCounts) =>
  holding(
    tenantId,
    by,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      // Rows of the default partition must not move into one that was not there when the tables were listed.
      yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.partitions})`
      const tally = new Tally()
      for (const [table, rows] of Object.entries(before)) tally.add(table, rows)
      for (const table of yield* tenantTables) tally.add(table.parent, yield* deleteRows(table, tenantId, null))
      tally.add("api_keys", yield* deleteKeys(tenantId, null))
      yield* audit({ actor: by, action: "tenant.erased", tenantId, details: { rows: tally.counts } })
      return tally.counts
    })
  )

const erase = Effect.fn("TenantErasure.erase")(function*(tenantId: string, by: Actor) {
  const tally = new Tally()
  tally.add("api_keys", yield* begin(tenantId, by))
  for (const table of yield* tenantTables) yield* eraseTable(table, tenantId, by, tally)
  return yield* end(tenantId, by, tally.counts)
})

const count = Effect.fn("TenantErasure.count")(function*(tenantId: string) {
  const tally = new Tally()
  const tables = new Set((yield* tenantTables).map(({ parent }) => parent))
  for (const table of tables) tally.add(table, yield* countRows(table, tenantId))
  tally.add("api_keys", yield* countKeys(tenantId))
  return tally.counts
})

/** Adapter: PostgreSQL, as the owner. */
export const layer = Layer.effect(
  TenantErasure,
  Effect.map(SqlClient.SqlClient, (sql) => {
    const stored = <A, E>(effect: Effect.Effect<A, E | SqlError, SqlClient.SqlClient>) =>
      effect.pipe(Effect.provideService(SqlClient.SqlClient, sql), Effect.catchIf(isSqlError, orUnavailable))
    return {
      count: (tenantId) => withDeadline(patience)(stored(count(tenantId))),
      erase: (tenantId, by) => stored(erase(tenantId, by))
    }
  })
)
