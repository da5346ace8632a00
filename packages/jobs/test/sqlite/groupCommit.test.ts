import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { DatabaseSync } from "node:sqlite"
import { groupCommit } from "../../src/host/sqlite/groupCommit.ts"

const openWith = (check?: () => void) =>
  Effect.map(
    Effect.acquireRelease(Effect.sync(() => new DatabaseSync(":memory:")), (db) => Effect.sync(() => db.close())),
    (db) => {
      db.exec("CREATE TABLE t (x INTEGER PRIMARY KEY)")
      const insert = db.prepare("INSERT INTO t VALUES (?)")
      const write = groupCommit(db, check)
      return {
        db,
        insert: (x: number) => write.now(() => insert.run(x)),
        insertSoon: (x: number) => write.soon(() => insert.run(x)),
        stored: () => db.prepare("SELECT x FROM t ORDER BY x").all().map((row) => row["x"])
      }
    }
  )

const open = openWith()

describe("groupCommit", () => {
  it.effect("stores the writes of one turn together", () =>
    Effect.gen(function*() {
      const { insert, stored } = yield* open
      yield* Effect.all([insert(1), insert(2), insert(3)], { concurrency: "unbounded" })
      assert.deepStrictEqual(stored(), [1, 2, 3])
    }))

  it.effect("stores the others when one cannot be stored, tells each its own, and goes on", () =>
    Effect.gen(function*() {
      const { insert, stored } = yield* open
      const exits = yield* Effect.all([insert(1), insert(1), insert(2)].map(Effect.exit), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits.map(Exit.isFailure), [false, true, false])
      assert.deepStrictEqual(stored(), [1, 2])
      yield* insert(4)
      assert.deepStrictEqual(stored(), [1, 2, 4])
    }))

  it.effect("stores nothing while its check throws, and tells what that threw", () =>
    Effect.gen(function*() {
      const trouble: { now?: Error } = {}
      const { insert, stored } = yield* openWith(() => {
        if (trouble.now !== undefined) throw trouble.now
      })
      trouble.now = new Error("gone")
      assert.strictEqual(yield* Effect.flip(insert(1)), trouble.now)
      delete trouble.now
      yield* insert(2)
      assert.deepStrictEqual(stored(), [2])
    }))

  it.effect("goes on after a transaction that somebody has left open", () =>
    Effect.gen(function*() {
      const { db, insert, stored } = yield* open
      db.exec("BEGIN; INSERT INTO t VALUES (9)")
      yield* insert(1)
      assert.deepStrictEqual(stored(), [1])
    }))

  it.effect("has what can wait join the next transaction, and stores it alone when there is none", () =>
    Effect.gen(function*() {
      let transactions = 0
      const { insert, insertSoon, stored } = yield* openWith(() => void (transactions += 1))
      yield* Effect.all([insertSoon(1), insertSoon(2), Effect.andThen(Effect.yieldNow, insert(3))], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([transactions, stored()], [1, [1, 2, 3]])
      yield* insertSoon(4)
      assert.deepStrictEqual([transactions, stored()], [2, [1, 2, 3, 4]])
      const exits = yield* Effect.all([insertSoon(4), insert(5)].map(Effect.exit), { concurrency: "unbounded" })
      assert.deepStrictEqual([exits.map(Exit.isFailure), stored()], [[true, false], [1, 2, 3, 4, 5]])
    }))
})
