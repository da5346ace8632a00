import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { alarmQueries } from "../../src/host/sqlite/alarmQueries.ts"
import { openDatabase } from "../../src/host/sqlite/openDatabase.ts"
import { temporaryFolder } from "../support/storages.ts"

const planOf = (sql: string) =>
  Effect.map(
    Effect.flatMap(temporaryFolder, (folder) =>
      Effect.acquireRelease(
        Effect.sync(() => openDatabase(join(folder, "jobs.db"))),
        (db) => Effect.sync(() => db.close())
      )),
    (db) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map((step) => String(step["detail"]))
  )

describe("the queries of alarms", () => {
  it.live.each([
    { sql: alarmQueries.due, plan: ["SEARCH instances USING INDEX instances_due (due_at<?)"] },
    { sql: alarmQueries.later, plan: ["SEARCH instances USING INDEX instances_due (due_at>?)"] },
    { sql: alarmQueries.held, plan: ["SEARCH instances USING INDEX instances_held (held_at>?)"] },
    {
      sql: alarmQueries.lastOrder,
      plan: [
        "SCAN CONSTANT ROW",
        "SCALAR SUBQUERY 1",
        "SEARCH instances USING COVERING INDEX instances_due (due_at>?)",
        "SCALAR SUBQUERY 2",
        "SEARCH instances USING COVERING INDEX instances_held (held_at>?)"
      ]
    }
  ])("are answered by the index of alarms, without sorting: $sql", ({ plan, sql }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* planOf(sql), plan)
    }))

  it.live.each([
    { sql: alarmQueries.dueWithout, range: "(due_at<?)" },
    { sql: alarmQueries.laterWithout, range: "(due_at>?)" }
  ])("look at no record of what is left out: $sql", ({ range, sql }) =>
    Effect.gen(function*() {
      const plan = yield* planOf(sql)
      // The second one is of what was found.
      assert.deepStrictEqual(plan.filter((step) => step.includes(" instances ")), [
        `SEARCH instances USING COVERING INDEX instances_due ${range}`,
        "SEARCH instances USING PRIMARY KEY (instance_id=?)"
      ])
      assert.isFalse(plan.some((step) => step.startsWith("SCAN instances")))
    }))
})
