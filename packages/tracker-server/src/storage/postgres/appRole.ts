import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import { appRole } from "./confine.ts"
import { sqlState } from "./sqlFailure.ts"

/** The database user may not create the role `tracker_app`; someone who may has to run `sql` once. */
export class RoleMissing extends Schema.TaggedError<RoleMissing>()("RoleMissing", {
  user: Schema.String,
  sql: Schema.String
}) {
  override get message() {
    return `The database user ${this.user} may not make the role ${appRole}. ` +
      `Run this as a superuser (or a role with CREATEROLE), then start again:\n${this.sql}`
  }
}

const quoted = (name: string) => `"${name.replaceAll("\"", "\"\"")}"`
const createRole = `CREATE ROLE ${appRole} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;`

/**
 * Ensures that `tracker_app` exists and that the connected user may assume it. Roles belong to the whole cluster and
 * are not part of a dump, so this is checked at every start and not recorded as a migration.
 */
export const ensureAppRole = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const look = sql<{ user: string; exists: boolean; member: boolean }>`
    SELECT current_user::text AS user, r.oid IS NOT NULL AS exists,
      coalesce(pg_has_role(current_user, r.oid, 'MEMBER'), false)
        AND (current_setting('is_superuser') = 'on' OR EXISTS (
          SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member = current_user::regrole
            AND coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
        )) AS member
    FROM (SELECT) AS one LEFT JOIN pg_roles r ON r.rolname = ${appRole}`
  const missing = [] as Array<string>
  const [before] = yield* look
  if (before === undefined || before.exists && before.member) return
  const grant = `GRANT ${appRole} TO ${quoted(before.user)};`
  if (!before.exists) missing.push(createRole)
  missing.push(grant)
  // Each in a savepoint: a refusal must not abort the transaction that the migrations run in. Another database of the
  // same cluster may create the role at the same moment.
  for (const statement of missing) {
    yield* sql.withTransaction(sql.unsafe(statement)).pipe(
      Effect.asVoid,
      Effect.catchTag("SqlError", (error): Effect.Effect<void, RoleMissing | SqlError> => {
        switch (sqlState(error)) {
          case "42501":
            return Effect.fail(new RoleMissing({ user: before.user, sql: missing.join("\n") }))
          case "42710":
          case "23505":
          case "XX000":
            return Effect.void
          default:
            return Effect.fail(error)
        }
      })
    )
  }
})
