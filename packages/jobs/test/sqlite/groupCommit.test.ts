import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { DatabaseSync } from "node:sqlite"
import { groupCommit } from "../../src/host/sqlite/groupCommit.ts"

const open = Effect.map(
  Effect.acquireRelease(Effect.sync(() => new DatabaseSync(":memory:")), (db) => Effect.sync(() => db.close())),
  (db) => {
    db.exec("CREATE TABLE t (x INTEGER PRIMARY KEY)")
    const insert = db.prepare("INSERT INTO t VALUES (?)")
    const write = groupCommit(db)
    return {
      insert: (x: number) => write(() => insert.run(x)),
      stored: () => db.prepare("SELECT x FROM t ORDER BY x").all().map((row) => row["x"])
    }
  }
)

describe("groupCommit", () => {
  it.effect("stores the writes of one turn together", () =>
    Effect.gen(function*() {
      const { insert, stored } = yield* open
      yield* Effect.all([insert(1), insert(2), insert(3)], { concurrency: "unbounded" })
      assert.deepStrictEqual(stored(), [1, 2, 3])
    }))

  it.effect("stores none of them when one cannot be stored, tells all, and goes on", () =>
    Effect.gen(function*() {
      const { insert, stored } = yield* open
      const exits = yield* Effect.all([insert(1), insert(1), insert(2)].map(Effect.exit), { concurrency: "unbounded" })
      assert.deepStrictEqual(exits.map(Exit.isFailure), [true, true, true])
      assert.deepStrictEqual(stored(), [])
      yield* insert(4)
      assert.deepStrictEqual(stored(), [4])
    }))
})
