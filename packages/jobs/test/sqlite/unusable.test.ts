import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createJobRegistry, createJobsRuntime, JobsHost } from "../../src/index.ts"
import { counting } from "../support/definitions.ts"
import { temporaryFolder } from "../support/storages.ts"

const refusal = (filename: string) => Effect.flip(Layer.build(JobsHost.sqlite({ filename })))

/** Root may write anything: as root, lives as an ordinary user for the time of the effect. */
const asOrdinaryUser = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  process.geteuid?.() === 0
    ? Effect.acquireUseRelease(
      Effect.sync(() => process.seteuid?.(65_534)),
      () => effect,
      () => Effect.sync(() => process.seteuid?.(0))
    )
    : effect

describe("a SQLite file that cannot be used is refused in one sentence that says what to do", () => {
  it.live("in a folder that does not exist", () =>
    Effect.gen(function*() {
      const folder = join(yield* temporaryFolder, "nowhere")
      const error = yield* refusal(join(folder, "jobs.db"))
      assert.strictEqual(error._tag, "HostUnavailable")
      assert.strictEqual(error.message, `The folder ${folder} does not exist. Create it, or choose another filename.`)
    }))

  it.live("that is a folder", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      assert.strictEqual((yield* refusal(folder)).message, `${folder} is a folder. Give the name of a file in it.`)
    }))

  it.live("that is something else", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "notes.txt")
      yield* Effect.promise(() =>
        writeFile(filename, "Not a database, but long enough to be looked at as one.\n".repeat(40))
      )
      const { message } = yield* refusal(filename)
      assert.strictEqual(message, `${filename} is not a SQLite file. Choose another filename.`)
    }))

  it.live("that belongs to another program", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "other.db")
      yield* Effect.sync(() => {
        const db = new DatabaseSync(filename)
        db.exec("CREATE TABLE theirs (x)")
        db.close()
      })
      const { message } = yield* refusal(filename)
      assert.strictEqual(message, `${filename} holds the tables of another program. Choose another filename.`)
    }))

  it.live("that a newer version wrote", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "newer.db")
      yield* Effect.sync(() => {
        const db = new DatabaseSync(filename)
        db.exec("PRAGMA user_version = 99")
        db.close()
      })
      assert.include((yield* refusal(filename)).message, "was written by a newer version of durable-effect (format 99)")
    }))

  const damages = [
    { how: "lacks a table", sql: "DROP TABLE outbox", message: "no such table: outbox" },
    {
      how: "lacks a column",
      sql: "ALTER TABLE entries DROP COLUMN value",
      message: "table entries has no column named value"
    },
    {
      how: "has a damaged schema",
      sql: "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE' WHERE name = 'outbox'",
      message: "malformed database schema (outbox) - incomplete input"
    }
  ]
  it.live.each(damages)("that $how", ({ message, sql }) =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* Effect.scoped(Layer.build(JobsHost.sqlite({ filename })))
      const damage = new DatabaseSync(filename, { defensive: false })
      damage.exec(sql)
      damage.close()
      // Who found it so must not keep it locked.
      for (const thread of [false, true, false]) {
        const error = yield* Effect.flip(Layer.build(JobsHost.sqlite({ filename, thread })))
        assert.strictEqual(
          error.message,
          `The tables of the SQLite file ${filename} are missing or damaged (${message}). Put back a copy of it from ` +
            "before, or choose another filename."
        )
      }
    }))

  it.live("that is none, for a database in memory", () =>
    Effect.gen(function*() {
      const { message } = yield* refusal(":memory:")
      assert.strictEqual(
        message,
        "JobsHost.sqlite needs a file: give its name, or use JobsHost.memory to keep nothing."
      )
      assert.isFalse(existsSync(":memory:"))
    }))

  it.live("that may only be read", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const filename = join(folder, "jobs.db")
      yield* Effect.scoped(Layer.build(JobsHost.sqlite({ filename })))
      yield* Effect.promise(() => chmod(filename, 0o444))
      yield* Effect.promise(() => chmod(folder, 0o555))
      // In this thread: where the project is root's alone, that user cannot read the program of another.
      const inline = Layer.build(JobsHost.sqlite({ filename, thread: false }))
      const error = yield* asOrdinaryUser(Effect.flip(inline))
      yield* Effect.promise(() => chmod(folder, 0o755))
      assert.strictEqual(error._tag, "HostUnavailable")
      assert.match(error.message, /^The SQLite file .*jobs\.db cannot be (written|opened for writing).* folder/)
    }))

  it.live("and every call of a runtime on it rejects with that error", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      yield* Effect.promise(() => mkdir(join(folder, "jobs.db")))
      const host = JobsHost.sqlite({ filename: join(folder, "jobs.db") })
      const runtime = createJobsRuntime(createJobRegistry({ job: counting() }), { host })
      const job = runtime.client.continuous("job")
      const calls: ReadonlyArray<Promise<unknown>> = [
        runtime.ready(),
        job.status({ id: "a" }),
        job.start({ id: "a", input: { n: 0 } })
      ]
      for (const call of calls) {
        const error = yield* Effect.flip(Effect.tryPromise({ try: () => call, catch: (error) => error }))
        assert.propertyVal(error, "_tag", "HostUnavailable")
        assert.propertyVal(error, "message", `${join(folder, "jobs.db")} is a folder. Give the name of a file in it.`)
      }
      yield* Effect.promise(() => runtime.dispose())
    }))
})
