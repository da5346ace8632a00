import { layerFreshPostgres } from "@durable-effect/test-support"
import { StoreUnavailable } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Ref } from "effect"
import { SqlClient } from "effect/sql"
import { enableTenantPolicy } from "../../../src/storage/postgres/migrations/tenantPolicy.ts"
import { TenantSql } from "../../../src/storage/postgres/TenantSql.ts"

/** A table with a tenant, as a migration makes it, holding one row of each of two tenants. */
const withWidgets = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE widgets (tenant_id text NOT NULL, id int PRIMARY KEY, amount int NOT NULL DEFAULT 0)`
  yield* enableTenantPolicy("widgets")
  yield* sql`INSERT INTO widgets (tenant_id, id) VALUES ('acme', 1), ('acme', 2), ('other', 3)`
  return { sql, within: (yield* TenantSql).within }
})

const onPostgres = Effect.provide(layerFreshPostgres)

describe("TenantSql", () => {
  it.live("runs statements as the plain role within the tenant, and leaves the connection as it was", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      const who = sql`SELECT current_user::text AS role, current_setting('tracker.tenant_id', true) AS tenant`
      assert.deepStrictEqual(yield* within("acme")(who), [{ role: "tracker_app", tenant: "acme" }])
      assert.deepStrictEqual(yield* who, [{ role: "tracker", tenant: "" }])
    }).pipe(onPostgres))

  it.live("shows and takes rows of the tenant alone", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      const ids = sql<{ id: number }>`SELECT id FROM widgets ORDER BY id`
      assert.deepStrictEqual(yield* within("acme")(ids), [{ id: 1 }, { id: 2 }])
      assert.deepStrictEqual(yield* within("nobody")(ids), [])
      yield* within("acme")(sql`UPDATE widgets SET amount = 5`)
      assert.deepStrictEqual(yield* sql`SELECT id, amount FROM widgets ORDER BY id`, [
        { id: 1, amount: 5 },
        { id: 2, amount: 5 },
        { id: 3, amount: 0 }
      ])
      const smuggled = yield* Effect.exit(within("acme")(sql`INSERT INTO widgets (tenant_id, id) VALUES ('other', 9)`))
      assert.isTrue(Exit.isFailure(smuggled) && Cause.pretty(smuggled.cause).includes("row-level security"))
    }).pipe(onPostgres))

  it.live("keeps all statements or none", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      const error = yield* Effect.flip(
        within("acme")(Effect.andThen(sql`UPDATE widgets SET amount = 7`, Effect.fail("changed my mind" as const)))
      )
      assert.strictEqual(error, "changed my mind")
      assert.deepStrictEqual(yield* sql`SELECT DISTINCT amount FROM widgets`, [{ amount: 0 }])
    }).pipe(onPostgres))

  it.live("keeps tenants apart that ask at the same time", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      const tenants = Array.from({ length: 60 }, (_, i) => i % 2 === 0 ? "acme" : "other")
      const seen = yield* Effect.forEach(tenants, (tenant) =>
        within(tenant)(
          // Sent in one write, so that the statements of one transaction overlap.
          Effect.all([sql`SELECT DISTINCT tenant_id FROM widgets`, sql`SELECT pg_sleep(0.001)`], {
            concurrency: "unbounded"
          })
        ), { concurrency: "unbounded" })
      assert.deepStrictEqual(seen.map(([rows]) => rows), tenants.map((tenant_id) => [{ tenant_id }]))
    }).pipe(onPostgres))

  it.live("runs again after a deadlock", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      const runs = yield* Ref.make(0)
      const bothHold = yield* Deferred.make<void>()
      const add = (first: number, second: number) =>
        within("acme")(Effect.gen(function*() {
          yield* sql`UPDATE widgets SET amount = amount + 1 WHERE id = ${first}`
          if ((yield* Ref.updateAndGet(runs, (n) => n + 1)) === 2) yield* Deferred.succeed(bothHold, undefined)
          yield* Deferred.await(bothHold)
          yield* sql`UPDATE widgets SET amount = amount + 1 WHERE id = ${second}`
        }))
      yield* Effect.all([add(1, 2), add(2, 1)], { concurrency: "unbounded" })
      assert.isAbove(yield* Ref.get(runs), 2)
      assert.deepStrictEqual(yield* sql`SELECT DISTINCT amount FROM widgets WHERE tenant_id = 'acme'`, [{ amount: 2 }])
    }).pipe(onPostgres))

  it.live("says that the store is away when its connection ends, and works again after", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      const backend = yield* Deferred.make<number>()
      const isGone = yield* Deferred.make<void>()
      const cut = yield* Effect.forkChild(
        within("acme")(Effect.gen(function*() {
          const [row] = yield* sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`
          yield* Deferred.succeed(backend, row?.pid ?? 0)
          yield* Deferred.await(isGone)
          yield* sql`SELECT 1`
        }))
      )
      yield* sql`SELECT pg_terminate_backend(${yield* Deferred.await(backend)}, 5000)`
      yield* Deferred.succeed(isGone, undefined)
      const error = yield* Effect.flip(Fiber.join(cut))
      assert.instanceOf(error, StoreUnavailable)
      assert.deepStrictEqual(yield* within("acme")(sql`SELECT 1 AS one`), [{ one: 1 }])
    }).pipe(onPostgres))

  it.live("treats a wrong statement, and a tenant within a tenant, as defects", () =>
    Effect.gen(function*() {
      const { sql, within } = yield* withWidgets
      for (const wrong of [within("acme")(sql`SELEC 1`), within("acme")(within("other")(sql`SELECT 1`))]) {
        const exit = yield* Effect.exit(wrong)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      }
    }).pipe(onPostgres))
})
