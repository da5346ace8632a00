import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, References, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as EmbeddedPostgres from "../../src/storage/embedded/EmbeddedPostgres.ts"
import { layoutOf } from "../../src/storage/embedded/layout.ts"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import { dataDirectory, postgresPid } from "../cli/TrackerProcess.ts"

const open = (directory: string, role: "server" | "command" = "command") => EmbeddedPostgres.open({ directory, role })

const onDatabase = <A, E>(url: Redacted.Redacted, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.provide(effect, PgConnection.layer({ url, maxConnections: 1 }))

/** A directory that was used and closed once. */
const usedDirectory = Effect.tap(dataDirectory, (directory) => Effect.scoped(open(directory)))

describe("the embedded PostgreSQL", () => {
  it.live("speaks UTF-8, compares as bytes, syncs what it commits, and listens on this machine alone", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const { url } = yield* open(directory)
      const [row] = yield* onDatabase(
        url,
        Effect.flatMap(
          SqlClient.SqlClient,
          (sql) =>
            sql`SELECT current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit, current_setting('listen_addresses') AS listens,
            current_setting('unix_socket_directories') AS sockets, current_setting('TimeZone') AS zone,
            (SELECT datcollate::text FROM pg_database WHERE datname = current_database()) AS collation`
        )
      )
      assert.deepStrictEqual(row, {
        encoding: "UTF8",
        fsync: "on",
        commit: "on",
        listens: "127.0.0.1",
        sockets: "",
        zone: "UTC",
        collation: "C"
      })
      const { password, root } = layoutOf(directory)
      assert.deepStrictEqual([statSync(root).mode & 0o777, statSync(password).mode & 0o777], [0o700, 0o600])
    }))

  it.live("keeps what was written, in a folder that only its owner may enter", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      chmodSync(dirname(directory), 0o700)
      const write = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE kept AS SELECT 42 AS answer`)
      const read = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT answer FROM kept`)
      yield* Effect.scoped(Effect.flatMap(open(directory), ({ url }) => onDatabase(url, write)))
      assert.isTrue(Option.isNone(postgresPid(directory)))
      const kept = yield* Effect.scoped(Effect.flatMap(open(directory), ({ url }) => onDatabase(url, read)))
      assert.deepStrictEqual(kept, [{ answer: 42 }])
    }))

  it.live("lets in nobody without its password", () =>
    Effect.gen(function*() {
      const { url } = yield* open(yield* dataDirectory)
      const stranger = new URL(Redacted.value(url))
      stranger.password = "guess"
      const error = yield* Effect.flip(
        onDatabase(Redacted.make(stranger.href), Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1`))
      )
      assert.strictEqual(error.reason._tag, "AuthenticationError")
    }))

  it.live("one of two servers that open a new directory at once gets it, the other is told", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      // Both hold it until both have been answered.
      const scope = yield* Effect.scope
      const opened = yield* Effect.all(
        [1, 2].map(() => Effect.exit(Scope.provide(open(directory, "server"), scope))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(opened.filter(Exit.isSuccess).length, 1)
      assert.match(
        String(opened.find(Exit.isFailure)),
        /Another tracker-server \(process \d+\) uses the data directory/
      )
    }))

  it.live("a server waits for a command that has the directory for a moment", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const command = yield* Scope.make()
      yield* Scope.provide(open(directory, "command"), command)
      const waits = yield* Deferred.make<void>()
      const log = Logger.make(({ message }) => {
        if (String(message).startsWith(`Waiting for process ${process.pid}`)) {
          Deferred.doneUnsafe(waits, Effect.void)
        }
      })
      const server = yield* Effect.forkChild(
        open(directory, "server").pipe(
          Effect.provide([Logger.layer([log]), Layer.succeed(References.MinimumLogLevel, "Debug")])
        )
      )
      yield* Deferred.await(waits)
      assert.isUndefined(server.pollUnsafe())
      yield* Scope.close(command, Exit.void)
      assert.isFalse((yield* Fiber.join(server)).adopted)
    }))

  it.live("clears away what a process killed while making the files left", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      // No process has this id: it is above what Linux gives out.
      mkdirSync(join(directory, "postgres.new-99999999", "data"), { recursive: true })
      yield* Effect.scoped(open(directory))
      assert.deepStrictEqual(readdirSync(directory), ["postgres"])
    }))

  it.live("is not misled by a process id that became another program's", () =>
    Effect.gen(function*() {
      const directory = yield* usedDirectory
      const stranger = spawn("sleep", ["60"], { stdio: "ignore" })
      yield* Effect.addFinalizer(() => Effect.sync(() => stranger.kill()))
      const { data, postmasterPid } = layoutOf(directory)
      writeFileSync(postmasterPid, `${stranger.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready\n`, { mode: 0o600 })
      assert.isFalse((yield* open(directory)).adopted)
    }))

  it.live("is not misled by a process id that became another PostgreSQL's", () =>
    Effect.gen(function*() {
      const other = yield* dataDirectory
      yield* open(other, "server")
      const directory = yield* usedDirectory
      const { data, postmasterPid } = layoutOf(directory)
      const pid = Option.getOrThrow(postgresPid(other))
      writeFileSync(postmasterPid, `${pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready\n`, { mode: 0o600 })
      assert.isFalse((yield* open(directory)).adopted)
      assert.deepStrictEqual(postgresPid(other), Option.some(pid))
    }))

  it.live("of a copy is the copy's own, even if it was taken beside the running original", () =>
    Effect.gen(function*() {
      const original = yield* usedDirectory
      const copy = yield* dataDirectory
      cpSync(original, copy, { recursive: true })
      // A copy has not got the modes, and PostgreSQL insists.
      chmodSync(layoutOf(copy).data, 0o700)
      const { url } = yield* open(original, "server")
      copyFileSync(layoutOf(original).postmasterPid, layoutOf(copy).postmasterPid)
      const opened = yield* open(copy)
      assert.isFalse(opened.adopted)
      assert.notStrictEqual(Redacted.value(opened.url), Redacted.value(url))
    }))
})
