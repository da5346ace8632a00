import { freshDatabase } from "@durable-effect/test-support"
import { PgConnection } from "@durable-effect/tracker-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { existsSync } from "node:fs"
import { dataDirectory, runProcess, slow } from "./TrackerProcess.ts"

describe("keys list and revoke only look", slow, () => {
  it.live.each(["list", "revoke key_a"])(
    "keys %s makes no database in a mistyped folder",
    (command) =>
      Effect.gen(function*() {
        const directory = yield* dataDirectory
        const { code, stderr, stdout } = yield* runProcess(["keys", ...command.split(" "), "--data-dir", directory])
        assert.strictEqual(
          stderr,
          `There is no database in ${directory}. Give the right folder by --data-dir, or make one there: ` +
            "`tracker-server migrate`.\n"
        )
        assert.deepStrictEqual([code, stdout, existsSync(directory)], [1, "", false])
      })
  )

  it.live.each(["--port 0", "migrate", "keys list", "rebuild"])(
    "%s leaves a database that a newer version has migrated",
    (command) =>
      Effect.gen(function*() {
        const url = yield* freshDatabase()
        yield* Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`INSERT INTO tracker_migrations (id, name) VALUES (999, 'of a later version')`
        ).pipe(Effect.provide(PgConnection.layer({ url })))
        const { code, stderr, stdout } = yield* runProcess(command.split(" "), { DATABASE_URL: Redacted.value(url) })
        assert.match(
          stderr,
          /^The database is at migration 999, this server knows only \d+: start the newer version of tracker-server, or give it another database\.\n$/
        )
        assert.deepStrictEqual([code, stdout], [1, ""])
      })
  )

  it.live("keys list leaves a database without the newest schema as it is", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase("empty")
      const { code, stderr } = yield* runProcess(["keys", "list"], { DATABASE_URL: Redacted.value(url) })
      assert.strictEqual(code, 1)
      assert.match(
        stderr,
        /^The database is at migration 0, this version .* run `tracker-server migrate` on it first\.\n$/
      )
      const tables = yield* Effect.flatMap(SqlClient.SqlClient, (sql) =>
        sql`SELECT FROM pg_tables WHERE schemaname = 'public'`).pipe(Effect.provide(PgConnection.layer({ url })))
      assert.lengthOf(tables, 0)
    }))
})
