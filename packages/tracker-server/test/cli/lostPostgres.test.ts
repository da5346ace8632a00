import { PgConnection } from "@durable-effect/tracker-server"
import * as Pg from "@effect/sql-pg/PgConnection"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { renameSync } from "node:fs"
import { join } from "node:path"
import { layoutOf } from "../../src/storage/embedded/layout.ts"
import { advisoryLock } from "../../src/storage/postgres/advisoryLock.ts"
import {
  dataDirectory,
  getStatus,
  postgresPid,
  postgresUrl,
  slow,
  startProcess,
  untilStatus
} from "./TrackerProcess.ts"

const until = Effect.fnUntraced(function*(isSo: () => boolean) {
  yield* Effect.repeat(Effect.sync(isSo), { until: (so) => so, schedule: Schedule.spaced("20 millis") })
})

const lock = [advisoryLock.space, advisoryLock.dataDirectory]

/** Who has the lock on the data directory, or waits for it. */
const lockHolders = (isGranted: boolean) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql<{ pid: number }>`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted = ${isGranted}
      AND classid = ${String(lock[0])}::int8::oid AND objid = ${String(lock[1])}::int8::oid`
  )

describe("a server whose PostgreSQL goes away", slow, () => {
  it.live("tries again until it can be started", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* server.url
      const control = join(layoutOf(directory).data, "global", "pg_control")
      renameSync(control, `${control}.away`)
      process.kill(Option.getOrThrow(postgresPid(directory)), "SIGKILL")
      yield* until(() => server.stderr().includes("is away, it is tried again: PostgreSQL could not start"))
      assert.strictEqual(yield* getStatus(`${url}/ready`), 503)
      renameSync(`${control}.away`, control)
      yield* untilStatus(200, `${url}/ready`)
    }))

  it.live("ends with a sentence when another server has the directory by then", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      yield* server.url
      const url = postgresUrl(directory)
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        // Stands in the queue for the ownership, as a server that lives, before its owner loses it.
        const other = yield* Pg.make({ url, applicationName: `tracker-server server ${process.pid}` })
        const waiting = yield* Effect.forkChild(other.query("SELECT pg_advisory_lock($1, $2)", lock))
        yield* Effect.repeat(lockHolders(false), {
          until: (rows) => rows.length === 1,
          schedule: Schedule.spaced("10 millis")
        })
        const [owner] = yield* lockHolders(true)
        yield* sql`SELECT pg_terminate_backend(${owner?.pid})`
        yield* Fiber.join(waiting)
        const { code, stderr } = yield* server.ended
        assert.strictEqual(code, 1)
        assert.strictEqual(
          stderr.trimEnd().split("\n").at(-1),
          `Another tracker-server (process ${process.pid}) uses the data directory ${directory}. ` +
            "Stop it first, or give another folder by --data-dir."
        )
      }).pipe(Effect.provide(PgConnection.layer({ url, maxConnections: 1 })))
    }))
})
