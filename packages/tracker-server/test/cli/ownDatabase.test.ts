import { freshDatabase } from "@durable-effect/test-support"
import { PgConnection } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { runProcess, startProcess } from "./TrackerProcess.ts"

describe("with a database of one's own", () => {
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
