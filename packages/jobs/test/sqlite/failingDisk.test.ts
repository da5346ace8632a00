import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { mkdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { createJobRegistry, type JobsError, JobsHost } from "../../src/index.ts"
import { counting } from "../support/definitions.ts"
import { openRuntime } from "../support/openRuntime.ts"
import { temporaryFolder } from "../support/storages.ts"

const id = "a"
const input = { n: 0 }

const openJob = Effect.fnUntraced(function*() {
  const folder = join(yield* temporaryFolder, "data")
  yield* Effect.promise(() => mkdir(folder))
  const filename = join(folder, "jobs.db")
  const host = JobsHost.sqlite({ filename })
  const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), host)
  return { ...runtime, folder, filename, host, job: runtime.client.continuous("job") }
})

const gone = (filename: string) =>
  `The SQLite file ${filename} was removed or replaced while it was open, so that the commit of continuous:job:a ` +
  "would be lost. Stop the program, put the file back and start it again."

describe("a SQLite file that goes away while it is open", () => {
  it.effect("with its folder: nothing is answered that would be lost", () =>
    Effect.gen(function*() {
      const { events, filename, folder, job } = yield* openJob()
      yield* job.start({ id, input })
      const before = (yield* events).length
      yield* Effect.promise(() => rm(folder, { recursive: true }))
      const error = yield* Effect.flip(job.trigger({ id }))
      assert.deepInclude(error, { _tag: "HostUnavailable", instanceId: "continuous:job:a" })
      assert.strictEqual(error.message, gone(filename))
      // It is what was stored last.
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
      assert.lengthOf(yield* events, before)
    }))

  it.effect("moved away: what was stored is where it went, and a new runtime goes on from there", () =>
    Effect.gen(function*() {
      const { close, filename, folder, job } = yield* openJob()
      yield* job.start({ id, input })
      yield* Effect.promise(() => rename(folder, `${folder}-moved`))
      assert.strictEqual((yield* Effect.flip(job.trigger({ id }))).message, gone(filename))
      yield* close
      assert.isFalse(existsSync(folder))
      const moved = join(`${folder}-moved`, "jobs.db")
      const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), JobsHost.sqlite({ filename: moved }))
      const again = runtime.client.continuous("job")
      assert.deepStrictEqual(yield* again.getState({ id }), { state: { n: 1 } })
      assert.deepInclude(yield* again.trigger({ id }), { triggered: true })
    }))

  it.effect("and comes back: the runtime goes on", () =>
    Effect.gen(function*() {
      const { filename, folder, job } = yield* openJob()
      yield* job.start({ id, input })
      renameSync(folder, `${folder}-moved`)
      assert.strictEqual((yield* Effect.flip(job.trigger({ id }))).message, gone(filename))
      renameSync(`${folder}-moved`, folder)
      assert.deepInclude(yield* job.trigger({ id }), { triggered: true })
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 2 } })
    }))

  it.effect("with another one in its place: that is left alone", () =>
    Effect.gen(function*() {
      const { filename, job } = yield* openJob()
      yield* job.start({ id, input })
      rmSync(filename)
      const other = new DatabaseSync(filename)
      other.exec("PRAGMA user_version = 7")
      other.close()
      assert.strictEqual((yield* Effect.flip(job.trigger({ id }))).message, gone(filename))
      const untouched = new DatabaseSync(filename)
      assert.deepInclude(untouched.prepare("PRAGMA user_version").get(), { user_version: 7 })
      untouched.close()
    }))

  it.effect.each([
    { how: "removed", change: (log: string) => rmSync(log) },
    {
      how: "replaced",
      change: (log: string) => {
        renameSync(log, `${log}-before`)
        writeFileSync(log, "")
      }
    }
  ])(
    "without its log, which is $how: nothing is answered that a crash would lose, and a stop keeps the rest",
    ({ change }) =>
      Effect.gen(function*() {
        const { close, filename, host, job } = yield* openJob()
        yield* job.start({ id, input })
        change(`${filename}-wal`)
        const error = yield* Effect.flip(job.trigger({ id }))
        assert.deepInclude(error, { _tag: "HostUnavailable", instanceId: "continuous:job:a" })
        assert.strictEqual(
          error.message,
          `The file ${filename}-wal was removed or replaced while it was open, so that the commit of continuous:job:a ` +
            "would be lost with the next crash. Stop the program in order, which keeps what was stored before, and start it again."
        )
        assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
        yield* close
        const runtime = yield* openRuntime(createJobRegistry({ job: counting() }), host)
        const again = runtime.client.continuous("job")
        assert.deepStrictEqual(yield* again.getState({ id }), { state: { n: 1 } })
        assert.deepInclude(yield* again.trigger({ id }), { triggered: true })
      })
  )
})

const ignore = () => undefined

/** Has every write of this process fail that makes a file longer than so many bytes; 0 for none. */
const limitFiles = (bytes: number) =>
  Effect.sync(() =>
    execFileSync("prlimit", ["--pid", `${process.pid}`, `--fsize=${bytes === 0 ? "unlimited" : bytes}:`])
  )

describe.runIf(process.platform === "linux")("a disk that fails to write", () => {
  it.effect("stores nothing of a call and says so; when it is well again all goes on", () =>
    Effect.gen(function*() {
      const { close, events, filename, job } = yield* openJob()
      yield* job.start({ id, input })
      const before = (yield* events).length
      // The signal that comes with it would end the process.
      yield* Effect.acquireRelease(
        Effect.sync(() => process.on("SIGXFSZ", ignore)),
        () => Effect.sync(() => process.off("SIGXFSZ", ignore))
      )
      yield* Effect.acquireUseRelease(
        limitFiles(statSync(`${filename}-wal`).size),
        () =>
          Effect.gen(function*() {
            for (const call of [job.trigger({ id }), job.start({ id: "b", input })]) {
              const error = yield* Effect.flip<unknown, JobsError, never>(call)
              assert.strictEqual(error._tag, "HostUnavailable")
              assert.match(
                error.message,
                /^The SQLite file .*jobs\.db failed at the commit of continuous:job:[ab] \(disk I\/O error\)\. Check the disk/
              )
            }
          }),
        () => limitFiles(0)
      )
      assert.deepStrictEqual(yield* job.getState({ id }), { state: { n: 1 } })
      assert.deepInclude(yield* job.status({ id: "b" }), { status: "notFound" })
      assert.lengthOf(yield* events, before)
      assert.deepInclude(yield* job.trigger({ id }), { triggered: true })
      assert.deepInclude(yield* job.start({ id: "b", input }), { created: true })
      yield* close
      const db = new DatabaseSync(filename)
      assert.deepStrictEqual({ ...db.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" })
      db.close()
    }))
})
