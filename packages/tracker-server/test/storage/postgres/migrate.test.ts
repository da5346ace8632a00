import { freshDatabase } from "@durable-effect/test-support"
import { migrate } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { migrations } from "../../../src/storage/postgres/migrations/index.ts"
import type { Migration } from "../../../src/storage/postgres/migrations/Migration.ts"
import { on, plainOwner } from "../../support/plainOwner.ts"

const names = migrations.map(({ name }) => name)

const extra = (up: Migration["up"]): ReadonlyArray<Migration> => [
  ...migrations,
  { id: migrations.length + 1, name: "extra", up }
]

describe("migrate", () => {
  it("numbers the migrations without gaps", () => {
    assert.deepStrictEqual(migrations.map(({ id }) => id), migrations.map((_, i) => i + 1))
  })

  it.live("runs what is missing, once, however many ask at once", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase("empty")
      const ran = yield* Effect.all([1, 2, 3, 4].map(() => migrate().pipe(on(url))), { concurrency: "unbounded" })
      assert.deepStrictEqual(ran.filter((names) => names.length > 0), [names])
      assert.deepStrictEqual(yield* migrate().pipe(on(url)), [])
    }))

  it.live("keeps all of a run or nothing", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      const broken = Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE half (id int)`
        yield* sql`SELEC 1`
      })
      assert.strictEqual((yield* Effect.exit(migrate(extra(broken)).pipe(on(url))))._tag, "Failure")
      const whole = Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.asVoid(sql`CREATE TABLE half (id int)`))
      assert.deepStrictEqual(yield* migrate(extra(whole)).pipe(on(url)), ["extra"])
    }))

  it.live("refuses a database that a newer server has migrated", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      yield* migrate(extra(Effect.void)).pipe(on(url))
      const error = yield* Effect.flip(migrate().pipe(on(url)))
      assert.strictEqual(error._tag, "DatabaseTooNew")
      assert.match(error.message, /start the newer version of tracker-server/)
    }))

  it.live("where it may not give itself the role, says the statements that somebody else has to run", () =>
    Effect.gen(function*() {
      const { admin, role, url } = yield* plainOwner
      const error = yield* Effect.flip(migrate().pipe(on(url)))
      const statements = error._tag === "RoleMissing" ? error.sql : error._tag
      assert.strictEqual(statements, `GRANT tracker_app TO "${role}";`)
      assert.match(error.message, /Run this as a superuser \(or a role with CREATEROLE\), then start again/)
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statements)).pipe(on(admin))
      assert.deepStrictEqual(yield* migrate().pipe(on(url)), names)
    }))
})
