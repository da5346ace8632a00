import { layerFreshPostgres } from "@durable-effect/test-support"
import { TenantSql } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

describe("TenantSql", () => {
  it.effect("runs statements as the plain role, within the tenant", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { within } = yield* TenantSql.TenantSql
      const rows = yield* within("acme")(
        sql`SELECT current_user::text AS role, current_setting('tracker.tenant_id') AS tenant`
      )
      assert.deepStrictEqual(rows, [{ role: "tracker_app", tenant: "acme" }])
    }).pipe(Effect.provide(layerFreshPostgres)))
})
