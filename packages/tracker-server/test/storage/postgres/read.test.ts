import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { TenantSql } from "../../../src/storage/postgres/TenantSql.ts"
import { Refusing, RoundTrips, watchedPostgres } from "../../support/watchedPostgres.ts"

const tenant = "acme"

const counted = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT count(*)::int4 AS events FROM event_ids`)

const claims = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql`
  INSERT INTO event_ids (tenant_id, event_id, body_sha256, received_at)
  VALUES (${tenant}, 'mine', sha256('x'), now()), ('other', 'theirs', sha256('x'), now())`)

describe("a reading transaction", () => {
  it.live("sees the tenant's rows alone, as the plain role, and leaves the connection as it was", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { read } = yield* TenantSql
      yield* claims
      const who = sql`SELECT current_user::text AS role, current_setting('tracker.tenant_id', true) AS tenant`
      const both = Effect.all([who, counted])
      for (let nth = 0; nth < 3; nth++) {
        assert.deepStrictEqual(yield* read(tenant)(both), [[{ role: "tracker_app", tenant }], [{ events: 1 }]])
        assert.deepStrictEqual(yield* both, [[{ role: "tracker", tenant: "" }], [{ events: 2 }]])
      }
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("has the round trips of its statements alone", () =>
    Effect.gen(function*() {
      const trips = new RoundTrips()
      const { watched } = yield* watchedPostgres(trips.onData)
      yield* Effect.gen(function*() {
        const { read } = yield* TenantSql
        yield* read(tenant)(counted)
        trips.count = 0
        for (let nth = 0; nth < 5; nth++) assert.deepStrictEqual(yield* read(tenant)(counted), [{ events: 0 }])
        assert.isAtMost(trips.count, 5)
      }).pipe(Effect.provide(watched))
    }))

  it.live("writes nothing", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { read, within } = yield* TenantSql
      yield* claims
      const clear = sql`DELETE FROM event_ids`
      assert.isTrue(Exit.isFailure(yield* Effect.exit(read(tenant)(clear))))
      assert.deepStrictEqual(yield* counted, [{ events: 2 }])
      yield* within(tenant)(clear)
      assert.deepStrictEqual(yield* counted, [{ events: 1 }])
    }).pipe(Effect.provide(layerFreshPostgres)))

  it.live("answers nothing if it cannot begin, though the statements behind it saw all tenants", () =>
    Effect.gen(function*() {
      const begin = new Refusing("BEGIN READ ONLY\0")
      const { direct, watched } = yield* watchedPostgres(begin.onData)
      yield* Effect.provide(claims, direct)
      yield* Effect.gen(function*() {
        const { read } = yield* TenantSql
        assert.isTrue(Exit.isFailure(yield* Effect.exit(read(tenant)(counted))))
        begin.isRefusing = false
        assert.deepStrictEqual(yield* read(tenant)(counted), [{ events: 1 }])
      }).pipe(Effect.provide(watched))
    }))

  it.live("gives the connection back after a failure, and when it is interrupted", () =>
    Effect.gen(function*() {
      const { watched } = yield* watchedPostgres(() => undefined)
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { read } = yield* TenantSql
        assert.strictEqual(yield* Effect.flip(read(tenant)(Effect.andThen(counted, Effect.fail("no")))), "no")
        assert.isTrue(Exit.isFailure(yield* Effect.exit(read(tenant)(sql`SELECT 1 / 0`))))
        const asking = yield* Effect.forkChild(read(tenant)(sql`SELECT pg_sleep(0.2)`), { startImmediately: true })
        yield* Fiber.interrupt(asking)
        const state = sql`SELECT current_user::text AS role, pg_current_xact_id_if_assigned() IS NULL AS is_outside`
        assert.deepStrictEqual(yield* state, [{ role: "tracker", is_outside: true }])
        assert.deepStrictEqual(yield* read(tenant)(counted), [{ events: 0 }])
      }).pipe(Effect.provide(watched))
    }))
})
