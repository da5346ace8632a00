import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { DatabaseSync } from "node:sqlite"
import { transactions } from "../../src/host/sqlite/transactions.ts"

const openWith = (check?: () => void) =>
  Effect.map(
    Effect.acquireRelease(Effect.sync(() => new DatabaseSync(":memory:")), (db) => Effect.sync(() => db.close())),
    (db) => {
      db.exec("CREATE TABLE t (x INTEGER PRIMARY KEY)")
      const statement = db.prepare("INSERT INTO t VALUES (?)")
      const transact = transactions(db, check)
      return {
        db,
        insert: (...xs: ReadonlyArray<number>) => transact(xs.map((x) => () => Number(statement.run(x).changes))),
        stored: () => db.prepare("SELECT x FROM t ORDER BY x").all().map((row) => row["x"])
      }
    }
  )

describe("transactions", () => {
  it.effect("store their writes together, and answer each", () =>
    Effect.gen(function*() {
      let begun = 0
      const { insert, stored } = yield* openWith(() => void (begun += 1))
      assert.deepStrictEqual(insert(1, 2, 3), [{ answer: 1 }, { answer: 1 }, { answer: 1 }])
      assert.deepStrictEqual([begun, stored()], [1, [1, 2, 3]])
    }))

  it.effect("store the others when one cannot be stored, tell each its own, and go on", () =>
    Effect.gen(function*() {
      const { insert, stored } = yield* openWith()
      assert.deepStrictEqual(insert(1, 1, 2).map((outcome) => "failure" in outcome), [false, true, false])
      assert.deepStrictEqual(stored(), [1, 2])
      assert.deepStrictEqual([insert(4), stored()], [[{ answer: 1 }], [1, 2, 4]])
    }))

  it.effect("store nothing while their check throws, and tell what that threw", () =>
    Effect.gen(function*() {
      let trouble = "gone"
      const { insert, stored } = yield* openWith(() => {
        if (trouble !== "") throw new Error(trouble)
      })
      const gone = { failure: { code: 0, message: "gone" } }
      assert.deepStrictEqual([insert(1, 2), stored()], [[gone, gone], []])
      trouble = ""
      insert(2)
      assert.deepStrictEqual(stored(), [2])
    }))

  it.effect("go on after one that somebody has left open", () =>
    Effect.gen(function*() {
      const { db, insert, stored } = yield* openWith()
      db.exec("BEGIN; INSERT INTO t VALUES (9)")
      insert(1)
      assert.deepStrictEqual(stored(), [1])
    }))
})
