import { freshDatabase } from "@durable-effect/test-support"
import { PgConnection } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { advisoryLock } from "../../src/storage/postgres/advisoryLock.ts"
import { runProcess, slow, startProcess } from "./TrackerProcess.ts"

describe("with a database of one's own", slow, () => {
  it.live("several servers may start on an empty one at once", () =>
    Effect.gen(function*() {
      const url = Redacted.value(yield* freshDatabase("empty"))
      const servers = yield* Effect.all(
        [1, 2, 3].map(() => startProcess(["--port", "0"], { DATABASE_URL: url })),
        { concurrency: "unbounded" }
      )
      yield* Effect.all(servers.map(({ url }) => url), { concurrency: "unbounded" })
      const printed = servers.map((server) => server.stdout()).join("")
      assert.strictEqual(printed.match(/dek_/g)?.length, 1)
      const migrated = yield* runProcess(["migrate"], { DATABASE_URL: url })
      assert.match(migrated.stdout, / is up to date\n$/)
    }))

  it.live("a command that is told to stop before it is done has failed", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const migrating = yield* sql.withTransaction(Effect.gen(function*() {
          yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.migrate})`
          const migrating = yield* startProcess(["migrate"], { DATABASE_URL: Redacted.value(url) })
          yield* Effect.repeat(
            sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
            { until: (rows) => rows.length === 1, schedule: Schedule.spaced("20 millis") }
          )
          yield* migrating.kill("SIGTERM")
          return migrating
        }))
        assert.strictEqual((yield* migrating.ended).code, 1)
      }).pipe(Effect.provide(PgConnection.layer({ url })))
    }))

  it.live("does not start where a policy was dropped", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DROP POLICY tenant_isolation ON event_timeline`).pipe(
        Effect.provide(PgConnection.layer({ url }))
      )
      const { code, stderr, stdout } = yield* runProcess(["--port", "0"], { DATABASE_URL: Redacted.value(url) })
      assert.deepStrictEqual([code, stdout], [1, ""])
      assert.match(stderr, /^The database does not keep tenants apart: event_timeline has lost its policy\..*\n$/)
    }))
})
