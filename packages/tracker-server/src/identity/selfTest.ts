import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import { appRole } from "../storage/postgres/confine.ts"
import { orUnavailable } from "../storage/postgres/TenantSql.ts"

/** The database would let one tenant read another's rows. The server must not run on it. */
export class TenantsExposed extends Schema.TaggedError<TenantsExposed>()("TenantsExposed", {
  problem: Schema.String
}) {
  override get message() {
    return `The database does not keep tenants apart: ${this.problem}. tracker-server refuses to start on it. ` +
      "Restore what its migrations created, or use a new database."
  }
}

/** A tenant that cannot exist: tenant ids have at most 255 bytes. */
const nobody = `self-test ${"x".repeat(300)}`

/** The policy that migrations put on a table, as PostgreSQL spells it. */
const policy = "(tenant_id = ( SELECT current_setting('tracker.tenant_id'::text, true) AS current_setting))"

interface TenantTable {
  readonly name: string
  readonly secured: boolean
  readonly policies: number
  readonly foreign_policies: number
}

const refuseIf = (exposed: boolean, problem: string) => exposed ? new TenantsExposed({ problem }) : Effect.void

/** Proves at startup that the role that runs queries cannot read across tenants; leaves nothing behind. */
export const proveIsolation = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [role] = yield* sql<{ privileged: boolean; owner: boolean }>`
    SELECT r.rolsuper OR r.rolbypassrls AS privileged,
      pg_has_role(r.oid, (SELECT relowner FROM pg_class WHERE oid = to_regclass('api_keys')), 'MEMBER') AS owner
    FROM pg_roles r WHERE r.rolname = ${appRole}`
  yield* refuseIf(role === undefined, `the role ${appRole} is missing`)
  yield* refuseIf(role?.privileged === true, `the role ${appRole} bypasses row-level security`)
  yield* refuseIf(role?.owner === true, `the role ${appRole} owns the tables`)

  // Every table with a tenant column that the role can access, including partitions: those are reached through their
  // parents.
  const tables = yield* sql<TenantTable>`
    SELECT c.oid::regclass::text AS name, c.relrowsecurity AND c.relforcerowsecurity AS secured,
      (SELECT count(*)::int4 FROM pg_policies p
       WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.qual = ${policy} AND p.with_check = ${policy}
         AND p.roles = '{public}') AS policies,
      (SELECT count(*)::int4 FROM pg_policies p
       WHERE p.schemaname = n.nspname AND p.tablename = c.relname AND p.permissive = 'PERMISSIVE'
         AND (p.qual IS DISTINCT FROM ${policy} OR p.with_check IS DISTINCT FROM ${policy})
         AND EXISTS (SELECT FROM unnest(p.roles) AS x(role)
           WHERE CASE WHEN x.role = 'public' THEN true ELSE pg_has_role(${appRole}, x.role, 'MEMBER') END)) AS foreign_policies
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema()
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
      AND has_table_privilege(${appRole}, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    ORDER BY 1`
  for (const table of tables) {
    yield* refuseIf(!table.secured, `${table.name} has no row-level security`)
    yield* refuseIf(table.policies === 0, `${table.name} has lost its policy`)
    yield* refuseIf(table.foreign_policies > 0, `${table.name} has a policy that tracker-server did not make`)
  }

  yield* sql.withTransaction(Effect.gen(function*() {
    yield* sql`SELECT set_config('role', ${appRole}, true), set_config('tracker.tenant_id', ${nobody}, true)`
    for (const { name } of tables) {
      const seen = yield* sql`SELECT FROM ${sql.literal(name)} LIMIT 1`
      yield* refuseIf(seen.length > 0, `${name} shows rows of other tenants`)
    }
  }))
}).pipe(Effect.catchIf(isSqlError, orUnavailable))
