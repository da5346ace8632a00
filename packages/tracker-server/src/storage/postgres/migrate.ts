import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import type { StoreUnavailable } from "../StoreUnavailable.ts"
import { advisoryLock } from "./advisoryLock.ts"
import { ensureAppGrants, requireAppGrants, type RightsMissing } from "./appGrants.ts"
import { ensureAppRole, type RoleMissing } from "./appRole.ts"
import { migrations as all } from "./migrations/index.ts"
import type { Migration } from "./migrations/Migration.ts"
import { ensureOwnerPolicy, requireOwnerPolicy, type RowsHidden } from "./ownerPolicy.ts"
import { sqlFailure } from "./sqlFailure.ts"
import { orUnavailable } from "./TenantSql.ts"

/** The database was migrated by a newer server; this one would write to tables it does not know. */
export class DatabaseTooNew extends Schema.TaggedError<DatabaseTooNew>()("DatabaseTooNew", {
  database: Schema.Natural,
  server: Schema.Natural
}) {
  override get message() {
    return `The database is at migration ${this.database}, this server knows only ${this.server}: ` +
      "start the newer version of tracker-server, or give it another database."
  }
}

/** The database lacks migrations that this version needs; `database` is 0 if none has run. */
export class DatabaseTooOld extends Schema.TaggedError<DatabaseTooOld>()("DatabaseTooOld", {
  database: Schema.Natural,
  server: Schema.Natural
}) {
  override get message() {
    return `The database is at migration ${this.database}, this version of tracker-server needs ${this.server}: ` +
      "run `tracker-server migrate` on it first."
  }
}

const newestOf = (migrations: ReadonlyArray<Migration>) =>
  migrations.reduce((newest, { id }) => Math.max(newest, id), 0)

/** Number of the last migration that ran; requires that the migrations table exists. */
const lastDone = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ id } = { id: 0 }] = yield* sql<{ id: number }>`
    SELECT coalesce(max(id), 0)::int4 AS id FROM tracker_migrations`
  return id
})

/** Fails unless the database has exactly this version's schema, and the rights to use it. Changes nothing. */
export const requireMigrated: Effect.Effect<
  void,
  DatabaseTooNew | DatabaseTooOld | RightsMissing | RowsHidden | StoreUnavailable,
  SqlClient.SqlClient
> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ isThere } = { isThere: false }] = yield* sql<{ isThere: boolean }>`
    SELECT to_regclass('tracker_migrations') IS NOT NULL AS "isThere"`
  const database = isThere ? yield* lastDone : 0
  const server = newestOf(all)
  if (database > server) return yield* new DatabaseTooNew({ database, server })
  if (database < server) return yield* new DatabaseTooOld({ database, server })
  yield* requireOwnerPolicy
  yield* requireAppGrants
}).pipe(Effect.catchIf(isSqlError, orUnavailable))

/**
 * Migrates the database to the newest schema and returns the names of the migrations run. All of them commit together
 * or not at all; servers that start at once wait for each other.
 */
export const migrate = (
  migrations: ReadonlyArray<Migration> = all
): Effect.Effect<
  ReadonlyArray<string>,
  DatabaseTooNew | RightsMissing | RoleMissing | RowsHidden | StoreUnavailable,
  SqlClient.SqlClient
> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    return yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.migrate})`
      yield* ensureAppRole
      yield* sql`
        CREATE TABLE IF NOT EXISTS tracker_migrations (
          id integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
        )`
      const done = yield* lastDone
      const newest = newestOf(migrations)
      if (done > newest) return yield* new DatabaseTooNew({ database: done, server: newest })
      yield* ensureOwnerPolicy
      const pending = migrations.filter(({ id }) => id > done)
      for (const { id, name, up } of pending) {
        yield* up
        yield* sql`INSERT INTO tracker_migrations (id, name) VALUES (${id}, ${name})`
      }
      yield* ensureAppGrants
      return pending.map(({ name }) => name)
    }))
  }).pipe(
    // A query of an older replica may lock tables in another order, and PostgreSQL then ends one of the two.
    Effect.retry({ while: (error) => isSqlError(error) && sqlFailure(error) === "contention", times: 5 }),
    Effect.catchIf(isSqlError, orUnavailable)
  )
