import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { proveIsolation } from "../../src/identity/selfTest.ts"
import { enableTenantPolicy } from "../../src/storage/postgres/migrations/tenantPolicy.ts"
import { tablesOfTenants } from "../admin/tenantRows.ts"

const widgets = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE widgets (tenant_id text NOT NULL, name text)`
  yield* sql`INSERT INTO widgets VALUES ('acme', 'a'), ('other', 'b')`
})

/** What the proof says after a statement by which an operator breaks the isolation. */
const refusal = (breakIt: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* widgets
    yield* enableTenantPolicy("widgets")
    yield* proveIsolation
    yield* sql.unsafe(breakIt)
    return (yield* Effect.flip(proveIsolation)).message
  }).pipe(Effect.provide(layerFreshPostgres))

describe("the proof at start that tenants are apart", () => {
  it.live("passes on a migrated database", () =>
    Effect.gen(function*() {
      yield* proveIsolation
      const sql = yield* SqlClient.SqlClient
      const [who] = yield* sql`SELECT current_user::text AS role`
      assert.deepStrictEqual(who, { role: "tracker" })
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live.each([
    ["ALTER TABLE widgets DISABLE ROW LEVEL SECURITY", "widgets has no row-level security"],
    ["ALTER TABLE widgets NO FORCE ROW LEVEL SECURITY", "widgets has no row-level security"],
    ["DROP POLICY tenant_isolation ON widgets", "widgets has lost its policy"],
    ["CREATE POLICY open ON widgets USING (true)", "widgets has a policy that tracker-server did not make"],
    [
      "CREATE POLICY open ON widgets FOR SELECT TO tracker_app USING (name IS NOT NULL)",
      "widgets has a policy that tracker-server did not make"
    ]
  ])(
    "refuses after %s",
    ([breakIt = "", said = ""]) => Effect.map(refusal(breakIt), (message) => assert.include(message, said))
  )

  it.live("refuses a table with tenants that was granted without a policy", () =>
    Effect.gen(function*() {
      yield* widgets
      const sql = yield* SqlClient.SqlClient
      yield* sql`GRANT SELECT ON widgets TO tracker_app`
      assert.include((yield* Effect.flip(proveIsolation)).message, "widgets has no row-level security")
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live.each(["api_keys", "audit_log"])("refuses when %s can be read", (table) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* sql`GRANT SELECT ON ${sql(table)} TO tracker_app`
      assert.include((yield* Effect.flip(proveIsolation)).message, `${table} has no row-level security`)
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("looks at every table that names a tenant", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      for (const table of yield* tablesOfTenants(sql)) {
        const error = yield* Effect.flip(sql.withTransaction(Effect.gen(function*() {
          yield* sql`GRANT SELECT ON ${sql(table)} TO tracker_app`
          yield* sql`ALTER TABLE ${sql(table)} DISABLE ROW LEVEL SECURITY`
          yield* proveIsolation
        })))
        assert.include(error.message, `${table} has no row-level security`)
      }
      yield* proveIsolation
    }).pipe(Effect.provide(layerFreshPostgres)))
})
