import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { join } from "node:path"
import { groupedWrites } from "../../src/host/sqlite/inlineLink.ts"
import { commitRequest } from "../../src/host/sqlite/requests.ts"
import { openSqliteFile } from "../../src/host/sqlite/SqliteFile.ts"
import { temporaryFolder } from "../support/storages.ts"

const adding = (record: string, generation = 0) =>
  commitRequest({
    instanceId: record,
    expectedVersion: 0,
    record,
    alarm: { dueAt: 0, generation },
    events: [],
    entries: new Map()
  })

const open = Effect.gen(function*() {
  const filename = join(yield* temporaryFolder, "jobs.db")
  const file = yield* Effect.acquireRelease(
    Effect.sync(() => openSqliteFile(filename)),
    (opened) => Effect.sync(() => opened.close())
  )
  const transactions: Array<number> = []
  const write = groupedWrites({
    ...file,
    write: (requests) => {
      transactions.push(requests.length)
      return file.write(requests)
    }
  })
  return {
    transactions,
    now: (record: string) => write(adding(record), false),
    soon: (record: string) => write(adding(record), true),
    isStored: (record: string) => file.read(["load", record]),
    broken: write(adding("x", Number.NaN), false)
  }
})

const stored = (record: string) => ({ answer: { version: 1, record } })

describe("a SQLite file in the program's own thread", () => {
  it.effect("has the writes of one turn share a transaction", () =>
    Effect.gen(function*() {
      const { isStored, now, transactions } = yield* open
      yield* Effect.all([now("a"), now("b"), now("c")], { concurrency: "unbounded" })
      assert.deepStrictEqual(transactions, [3])
      assert.deepStrictEqual(["a", "b", "c"].map(isStored), ["a", "b", "c"].map(stored))
    }))

  it.effect("has what can wait join the next transaction, and stores it alone when there is none", () =>
    Effect.gen(function*() {
      const { isStored, now, soon, transactions } = yield* open
      yield* Effect.all([soon("a"), soon("b"), Effect.andThen(Effect.yieldNow, now("c"))], { concurrency: "unbounded" })
      assert.deepStrictEqual(transactions, [3])
      yield* soon("d")
      assert.deepStrictEqual(transactions, [3, 1])
      assert.deepStrictEqual(isStored("d"), stored("d"))
    }))

  it.effect("tells each its own when one cannot be stored", () =>
    Effect.gen(function*() {
      const { broken, now } = yield* open
      const exits = yield* Effect.all([now("a"), broken, now("b")].map(Effect.exit), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits.map(Exit.isFailure), [false, true, false])
    }))
})
