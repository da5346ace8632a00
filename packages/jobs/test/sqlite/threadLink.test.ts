import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Commit } from "../../src/host/HostPort.ts"
import { codes } from "../../src/host/sqlite/resultCodes.ts"
import { makeSqliteHost } from "../../src/host/sqlite/sqliteHost.ts"
import { threadLink } from "../../src/host/sqlite/threadLink.ts"
import { notOpened, unavailable } from "../../src/host/sqlite/unavailable.ts"
import { runProgram } from "../support/runProgram.ts"
import { temporaryFolder } from "../support/storages.ts"

const commitOf = (instanceId: string, expectedVersion = 0): Commit => ({
  instanceId,
  expectedVersion,
  record: `{"of":"${instanceId}"}`,
  alarm: null,
  events: [`event of ${instanceId}`],
  entries: new Map()
})

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))

describe("a SQLite file in a thread of its own", () => {
  it.live("answers each of many requests with its own, in whatever order they are asked", () =>
    Effect.gen(function*() {
      const host = yield* makeSqliteHost({ filename: join(yield* temporaryFolder, "jobs.db"), thread: true })
      const ids = Array.from({ length: 500 }, (_, n) => `i${n}`)
      const answers = yield* Effect.forEach(
        ids,
        (id, n) =>
          Effect.andThen(
            // Every third is refused, beside the others of its transaction.
            Effect.exit(host.commit(commitOf(id, n % 3 === 0 ? 7 : 0))),
            (exit) => Effect.map(host.load(id), (stored) => ({ refused: Exit.isFailure(exit), record: stored?.record }))
          ),
        { concurrency: "unbounded" }
      )
      const expected = ids.map((id, n) =>
        n % 3 === 0 ? { refused: true, record: undefined } : { refused: false, record: `{"of":"${id}"}` }
      )
      assert.deepStrictEqual(answers, expected)
      const waiting = (yield* host.peekOutbox(1000)).flatMap(({ events }) => events)
      assert.sameMembers(waiting, ids.filter((_, n) => n % 3 !== 0).map((id) => `event of ${id}`))
    }))

  it.live("leaves this thread to others while it writes", () =>
    Effect.gen(function*() {
      const host = yield* makeSqliteHost({ filename: join(yield* temporaryFolder, "jobs.db"), thread: true })
      const big = "x".repeat(1024 * 1024)
      const writing = yield* Effect.forkChild(
        host.commit({ ...commitOf("a"), events: Array.from({ length: 64 }, () => big) }),
        { startImmediately: true }
      )
      let turns = 0
      while (writing.pollUnsafe() === undefined) {
        turns += 1
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      yield* Fiber.join(writing)
      // Written in this thread, it would be over with the next turn.
      assert.isAbove(turns, 10)
    }))

  it.live("stores what was asked before it is closed", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      const scope = yield* Scope.make()
      const host = yield* Effect.provideService(makeSqliteHost({ filename, thread: true }), Scope.Scope, scope)
      const acknowledged = yield* Effect.forkChild(host.ackOutbox([1]), { startImmediately: true })
      const committed = yield* Effect.forkChild(host.commit(commitOf("a")), { startImmediately: true })
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(committed)
      yield* Fiber.join(acknowledged)
      const again = yield* makeSqliteHost({ filename, thread: true })
      assert.deepStrictEqual(yield* again.load("a"), { version: 1, record: `{"of":"a"}` })
      assert.deepInclude(yield* Effect.flip(host.load("a")), { _tag: "HostUnavailable", instanceId: "a" })
    }))

  const ends = [
    { how: "has ended", program: "./endingThread.ts", message: "exit code 1" },
    { how: "told something unreadable", program: "./unreadableThread.ts", message: "Missing internal module 'nowhere'" }
  ]
  it.live.each(ends)(
    "answers nothing any more once its thread $how, and says so",
    ({ message, program }) =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        const file = yield* threadLink(filename, new URL(program, import.meta.url))
        const ended = { message, code: codes.threadEnded }
        const asked = Effect.all([Effect.flip(file.read(["load", "a"])), Effect.flip(file.write(["ackOutbox", [1]]))], {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(yield* asked, [ended, ended])
        assert.deepStrictEqual(yield* Effect.flip(file.read(["load", "a"])), ended)
        assert.strictEqual(
          unavailable(filename)("the commit", ended, "a").message,
          `The thread of the SQLite file ${filename} has ended (${message}): the commit of a was not answered. Start the program ` +
            "again."
        )
      })
  )

  const starts = [
    { how: "fails", program: new URL("./failingThread.ts", import.meta.url), message: /no memory left/ },
    { how: "cannot be made", program: new URL("http://127.0.0.1/thread.js"), message: /URL/ }
  ]
  it.live.each(starts)(
    "does not open when its thread $how, and says so",
    ({ message, program }) =>
      Effect.gen(function*() {
        const filename = join(yield* temporaryFolder, "jobs.db")
        const failure = yield* Effect.flip(threadLink(filename, program))
        assert.deepInclude(failure, { code: codes.threadEnded })
        assert.match(failure.message, message)
        assert.strictEqual(
          notOpened(filename)(failure).message,
          `The thread of the SQLite file ${filename} did not start (${failure.message}). Start the program again, or set ` +
            "thread: false."
        )
      })
  )

  it.live("keeps a program up that closes it, until it is closed", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      // It would end with an error as soon as what it awaits can no longer come.
      const told = yield* runProgram(pathOf("./closer.ts"), [filename])
      assert.strictEqual(told, "closed")
      assert.isFalse(existsSync(`${filename}-wal`))
    }))

  it.live("does not keep a program up that has nothing else to do", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "jobs.db")
      yield* runProgram(pathOf("./leaver.ts"), [filename])
      const host = yield* makeSqliteHost({ filename, thread: true })
      assert.deepStrictEqual(yield* host.load("a"), { version: 1, record: "1" })
    }))
})
