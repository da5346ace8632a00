import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { alarmQueries } from "../../src/host/sqlite/alarmQueries.ts"
import { openDatabase } from "../../src/host/sqlite/openDatabase.ts"
import { temporaryFolder } from "../support/storages.ts"

describe("the queries of alarms", () => {
  it.live.each([
    { sql: alarmQueries.due, plan: ["SEARCH instances USING INDEX instances_due (due_at<?)"] },
    { sql: alarmQueries.later, plan: ["SEARCH instances USING INDEX instances_due (due_at>?)"] },
    { sql: alarmQueries.lastOrder, plan: ["SEARCH instances USING COVERING INDEX instances_due (due_at>?)"] }
  ])("are answered by the index of alarms, without sorting: $sql", ({ plan, sql }) =>
    Effect.gen(function*() {
      const db = yield* openDatabase(join(yield* temporaryFolder, "jobs.db"))
      const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
      assert.deepStrictEqual(steps.map((step) => step["detail"]), plan)
    }))
})
