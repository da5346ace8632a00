import { migrate } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { requireMigrated } from "../../../src/storage/postgres/migrate.ts"
import { on, plainOwner, plainRole } from "../../support/plainOwner.ts"

const run = (url: Redacted.Redacted, ...statements: ReadonlyArray<string>) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  ).pipe(on(url))

const plansSeen = (url: Redacted.Redacted) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql<{ plan_id: string }>`SELECT plan_id FROM plan_executions`).pipe(
    on(url),
    Effect.map((rows) => rows.map(({ plan_id }) => plan_id))
  )

/** A migrated database with a plan, as `pg_restore --no-owner` by another role leaves it: tables are its, policies are not. */
const restored = Effect.gen(function*() {
  const { admin, role, url } = yield* plainOwner
  const other = yield* plainRole(admin)
  yield* run(admin, `GRANT tracker_app TO ${role}`, `GRANT tracker_app TO ${other.role}`)
  yield* migrate().pipe(on(url))
  yield* run(url, "INSERT INTO plan_executions (tenant_id, plan_id) VALUES ('acme', 'p')")
  return { admin, role, url, other }
})

describe("the policy by which maintenance sees all tenants", () => {
  it.live("goes to a new owner of the tables with the next start", () =>
    Effect.gen(function*() {
      const { admin, other, role } = yield* restored
      yield* run(admin, `REASSIGN OWNED BY ${role} TO ${other.role}`)
      assert.deepStrictEqual(yield* plansSeen(other.url), [])
      assert.deepStrictEqual(yield* migrate().pipe(on(other.url)), [])
      assert.deepStrictEqual(yield* plansSeen(other.url), ["p"])
    }))

  it.live("is made again where a restore could not make it", () =>
    Effect.gen(function*() {
      const { url } = yield* restored
      yield* run(url, "DROP POLICY owner_maintenance ON plan_executions")
      assert.deepStrictEqual(yield* plansSeen(url), [])
      yield* migrate().pipe(on(url))
      assert.deepStrictEqual(yield* plansSeen(url), ["p"])
    }))

  it.live("refuses a command that changes no schema, and says the statements that mend it", () =>
    Effect.gen(function*() {
      const { admin, other, role } = yield* restored
      yield* requireMigrated.pipe(on(admin))
      yield* run(admin, `REASSIGN OWNED BY ${role} TO ${other.role}`)
      const error = yield* Effect.flip(requireMigrated.pipe(on(other.url)))
      assert.strictEqual(error._tag, "RowsHidden")
      assert.include(error.message, `the database user ${other.role}`)
      const statements = error._tag === "RowsHidden" ? error.sql : ""
      assert.include(statements, `ALTER POLICY owner_maintenance ON event_timeline TO ${other.role};`)
      yield* run(admin, ...statements.split("\n"))
      yield* requireMigrated.pipe(on(other.url))
      assert.deepStrictEqual(yield* plansSeen(other.url), ["p"])
    }))

  it.live("is refused to a user who does not own the tables, and nothing is changed", () =>
    Effect.gen(function*() {
      const { admin, other, url } = yield* restored
      yield* run(
        admin,
        `GRANT CREATE ON SCHEMA public TO ${other.role}`,
        `GRANT SELECT ON tracker_migrations TO ${other.role}`
      )
      const error = yield* Effect.flip(migrate().pipe(on(other.url)))
      assert.strictEqual(error._tag, "RowsHidden")
      assert.deepStrictEqual(yield* plansSeen(url), ["p"])
    }))
})
