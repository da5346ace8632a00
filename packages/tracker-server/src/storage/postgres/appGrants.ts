import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { appRole } from "./confine.ts"
import { sqlState } from "./sqlFailure.ts"

/** Every request would fail; `sql` gives the role `tracker_app` the rights it lacks. */
export class RightsMissing extends Schema.TaggedError<RightsMissing>()("RightsMissing", { sql: Schema.String }) {
  override get message() {
    return `The role ${appRole} lacks rights in this database, as after a restore to where there was no such role: ` +
      "every request would fail. Run `tracker-server migrate` as the owner of the tables, or this as a superuser:\n" +
      this.sql
  }
}

/** The rights that the role has on each table of tenants. */
const rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]
const hasAll = rights.map((right) => `has_table_privilege('${appRole}', c.oid, '${right}')`).join(" AND ")

/** The statements that grant what is missing. */
const missingGrants = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql.unsafe<{ statement: string }>(`
      SELECT format('GRANT USAGE ON SCHEMA %I TO ${appRole};', current_schema()) AS statement
        WHERE NOT has_schema_privilege('${appRole}', current_schema(), 'USAGE')
      UNION ALL
      SELECT format('GRANT ${rights.join(", ")} ON %s TO ${appRole};', c.oid::regclass)
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND p.polname = 'tenant_isolation' AND NOT (${hasAll})
      UNION ALL
      SELECT format('GRANT EXECUTE ON FUNCTION %s TO ${appRole};', f.oid::regprocedure)
        FROM pg_proc f
        WHERE f.pronamespace = current_schema()::regnamespace AND f.prosecdef AND f.proname LIKE 'tracker\\_%'
          AND NOT has_function_privilege('${appRole}', f.oid, 'EXECUTE')
      ORDER BY statement`),
    (rows) => rows.map(({ statement }) => statement)
  ))

const refusal = (statements: ReadonlyArray<string>) => new RightsMissing({ sql: statements.join("\n") })

/** Fails if requests would. Changes nothing. */
export const requireAppGrants = Effect.gen(function*() {
  const statements = yield* missingGrants
  if (statements.length > 0) return yield* refusal(statements)
})

/**
 * Gives the role what migrations gave it. A dump restored before the role existed has none of it, so this is checked at
 * every start and not recorded as a migration.
 */
export const ensureAppGrants = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const statements = yield* missingGrants
  if (statements.length === 0) return
  // In a savepoint: a refusal must not break the transaction that the migrations run in.
  yield* sql.withTransaction(Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })).pipe(
    Effect.catchIf(
      isSqlError,
      (error): Effect.Effect<void, RightsMissing | SqlError> =>
        Effect.fail(sqlState(error) === "42501" ? refusal(statements) : error)
    )
  )
  // Where the user may not grant all of them, PostgreSQL says so in a notice alone.
  yield* requireAppGrants
  yield* Effect.logInfo(`Gave the role ${appRole} the rights that it lacked`)
})
