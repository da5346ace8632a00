import { freshDatabase } from "@durable-effect/test-support"
import { migrate, TenantSql } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { ApiKeys } from "../../../src/identity/ApiKeys.ts"
import * as PgApiKeys from "../../../src/identity/PgApiKeys.ts"
import { requireMigrated } from "../../../src/storage/postgres/migrate.ts"
import * as PgEventStore from "../../../src/storage/postgres/PgEventStore.ts"
import { planStarted } from "../../admin/AdminServer.ts"
import { ingest } from "../../support/ingest.ts"
import { on, plainRole } from "../../support/plainOwner.ts"

const run = (url: Redacted.Redacted, ...statements: ReadonlyArray<string>) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  ).pipe(on(url))

/** A migrated database as a restore leaves it where there was no role yet: none of the grants could be made. */
const restored = Effect.tap(freshDatabase(), (url) =>
  run(
    url,
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM tracker_app",
    "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM tracker_app",
    "REVOKE ALL ON SCHEMA public FROM tracker_app, PUBLIC"
  ))

const stores = Layer.merge(PgEventStore.layer, PgApiKeys.layer).pipe(Layer.provideMerge(TenantSql.layer))

describe("the rights of the role that runs requests", () => {
  it.live("are given again with the next start", () =>
    Effect.gen(function*() {
      const url = yield* restored
      assert.deepStrictEqual(yield* migrate().pipe(on(url)), [])
      const answer = yield* Effect.gen(function*() {
        const key = yield* (yield* ApiKeys).create({ tenantId: "acme", name: "", scopes: ["ingest"] }, "cli")
        return yield* ingest("acme", [planStarted("e", "p")], { keyId: key.id })
      }).pipe(Effect.provide(stores), on(url))
      assert.strictEqual(answer.accepted, 1)
      yield* requireMigrated.pipe(on(url))
    }))

  it.live("are asked for by a command that changes nothing, with the statements that give them", () =>
    Effect.gen(function*() {
      const url = yield* restored
      const error = yield* Effect.flip(requireMigrated.pipe(on(url)))
      const statements = error._tag === "RightsMissing" ? error.sql.split("\n") : []
      assert.include(statements, "GRANT USAGE ON SCHEMA public TO tracker_app;")
      assert.include(statements, "GRANT SELECT, INSERT, UPDATE, DELETE ON event_timeline TO tracker_app;")
      assert.include(statements, "GRANT EXECUTE ON FUNCTION tracker_live_keys(text[]) TO tracker_app;")
      yield* run(url, ...statements)
      yield* requireMigrated.pipe(on(url))
    }))

  it.live("are refused to be given by a user who may not", () =>
    Effect.gen(function*() {
      const admin = yield* freshDatabase()
      const { role, url } = yield* plainRole(admin)
      yield* run(
        admin,
        `GRANT tracker_app TO ${role}`,
        `GRANT CREATE ON SCHEMA public TO ${role}`,
        `GRANT SELECT ON tracker_migrations TO ${role}`,
        // Else what is missing would be the owner's policy.
        `ALTER ROLE ${role} BYPASSRLS`,
        "REVOKE INSERT ON plan_executions FROM tracker_app"
      )
      const error = yield* Effect.flip(migrate().pipe(on(url)))
      assert.strictEqual(error._tag, "RightsMissing")
      assert.match(
        error.message,
        /every request would fail\. Run .*:\nGRANT SELECT, INSERT, UPDATE, DELETE ON plan_executions TO tracker_app;$/
      )
    }))
})
