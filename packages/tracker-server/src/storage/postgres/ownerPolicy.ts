import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import { sqlState } from "./sqlFailure.ts"

/** The policy by which maintenance, as the role that migrates, sees the rows of every tenant. */
export const ownerPolicy = "owner_maintenance"

/** Maintenance would see no rows and report success; `sql` gives the connected user the policy. */
export class RowsHidden extends Schema.TaggedError<RowsHidden>()("RowsHidden", {
  user: Schema.String,
  sql: Schema.String
}) {
  override get message() {
    return `Row-level security hides the tenants' rows from the database user ${this.user}, as after a restore under ` +
      "another owner: retention, rebuild and erasure would find nothing. Run `tracker-server migrate` as the owner of " +
      `the tables, or this as a superuser:\n${this.sql}`
  }
}

interface HidingTable {
  /** The connected one, quoted where it has to be, as is the name. */
  readonly user: string
  readonly name: string
  readonly has_policy: boolean
}

/** Tables under row-level security whose maintenance policy is gone or is for roles that this user has not. */
const hidingTables = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql<HidingTable>`
    SELECT quote_ident(current_user) AS user, c.oid::regclass::text AS name,
      EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = ${ownerPolicy}) AS has_policy
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND row_security_active(c.oid)
      AND NOT EXISTS (
        SELECT FROM pg_policy p, unnest(p.polroles) AS r(oid)
        WHERE p.polrelid = c.oid AND p.polname = ${ownerPolicy} AND pg_has_role(r.oid, 'USAGE')
      )
    ORDER BY 2`)

const mendOf = ({ has_policy, name, user }: HidingTable) =>
  has_policy
    ? `ALTER POLICY ${ownerPolicy} ON ${name} TO ${user};`
    : `CREATE POLICY ${ownerPolicy} ON ${name} TO ${user} USING (true) WITH CHECK (true);`

const refusal = (tables: readonly [HidingTable, ...ReadonlyArray<HidingTable>]) =>
  new RowsHidden({ user: tables[0].user, sql: tables.map(mendOf).join("\n") })

const hasTables = (
  tables: ReadonlyArray<HidingTable>
): tables is readonly [HidingTable, ...ReadonlyArray<HidingTable>] => tables.length > 0

/** Fails where maintenance would see no rows. Changes nothing. */
export const requireOwnerPolicy = Effect.gen(function*() {
  const tables = yield* hidingTables
  if (hasTables(tables)) return yield* refusal(tables)
})

/**
 * Gives the connected user the maintenance policy where it owns the tables and another role has it. A dump names the
 * role of the database it came from, so this is done at every start and is not a migration.
 */
export const ensureOwnerPolicy = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* hidingTables
  if (!hasTables(tables)) return
  // In a savepoint: a refusal must not break the transaction that the migrations run in.
  yield* sql.withTransaction(Effect.forEach(tables, (table) => sql.unsafe(mendOf(table)), { discard: true })).pipe(
    Effect.catchTag(
      "SqlError",
      (error): Effect.Effect<void, RowsHidden | SqlError> =>
        Effect.fail(sqlState(error) === "42501" ? refusal(tables) : error)
    )
  )
  yield* Effect.logInfo(`Gave the policy ${ownerPolicy} to the role ${tables[0].user}, which owns the tables now`)
})
