import { assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { startPostgres } from "../../harness/src/servers/postgres.ts"
import { tempFolder } from "../../harness/src/tempFolder.ts"
import { fill } from "../src/database/fill.ts"
import { onDatabase, runOn, withDatabase } from "../src/database/onDatabase.ts"
import { startTrackerServer } from "../src/database/TrackerServer.ts"
import { makeTape } from "../src/traffic/makeTape.ts"
import { markTexts } from "../src/traffic/marks.ts"
import { storeTape } from "../src/traffic/storeTape.ts"
import { readTape } from "../src/traffic/Tape.ts"

const copies = 3

interface Counts {
  readonly [name: string]: number
}

/** Each counts what ought to be none, or as many as is said. */
const questions = {
  events: "SELECT count(*)::int4 AS n FROM event_timeline",
  ids: "SELECT count(*)::int4 AS n FROM event_ids",
  plans: "SELECT count(*)::int4 AS n FROM plan_executions",
  plansOfTape: `SELECT count(*)::int4 AS n FROM plan_executions WHERE plan_id LIKE '${markTexts.id}%'`,
  tasks: "SELECT count(*)::int4 AS n FROM task_executions",
  tasksOfTape: `SELECT count(*)::int4 AS n FROM task_executions WHERE task_id LIKE '${markTexts.id}%'`,
  eventsWithMarks: `SELECT count(*)::int4 AS n FROM event_timeline t WHERE t::text LIKE '%${markTexts.id}%'`,
  eventsWithRandomIds: "SELECT count(*)::int4 AS n FROM event_timeline WHERE substr(id::text, 15, 1) <> '7'",
  eventsOfNoPlan: `SELECT count(*)::int4 AS n FROM event_timeline e WHERE plan_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM plan_executions p WHERE (p.tenant_id, p.plan_id) = (e.tenant_id, e.plan_id)
      AND e.received_at BETWEEN p.first_received_at AND p.last_received_at)`,
  eventsOfNoTask: `SELECT count(*)::int4 AS n FROM event_timeline e WHERE task_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM task_executions t WHERE (t.tenant_id, t.task_id) = (e.tenant_id, e.task_id))`,
  plansThatBeganAtAnotherTime: `SELECT count(*)::int4 AS n FROM plan_executions p WHERE first_at <> (
    SELECT min(occurred_at) FROM event_timeline e WHERE (e.tenant_id, e.plan_id) = (p.tenant_id, p.plan_id))`
}

describe("a database that was filled with copies of a tape", () => {
  let counts: Counts
  let events = 0

  beforeAll(async () => {
    counts = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
      const folder = yield* tempFolder
      const tapeFile = join(folder, "tape.json")
      yield* makeTape(tapeFile)
      events = readTape(tapeFile).length
      const postgres = yield* startPostgres(join(folder, "postgres"))
      const databaseUrl = withDatabase(postgres.url, "filled")
      yield* runOn(postgres.url, "CREATE DATABASE filled")
      yield* Effect.scoped(Effect.gen(function*() {
        const { apiKey, url } = yield* startTrackerServer({ databaseUrl, fromSource: true, profileFolder: undefined })
        yield* storeTape(tapeFile, url, apiKey)
      }))
      yield* fill(databaseUrl, events, (copies + 1) * events)
      return yield* onDatabase(databaseUrl, (sql) =>
        Effect.gen(function*() {
          const answers: { [name: string]: number } = {}
          for (const [name, question] of Object.entries(questions)) {
            const [row] = yield* sql.unsafe<{ n: number }>(question)
            answers[name] = row?.n ?? Number.NaN
          }
          return answers
        }))
    })))
  }, 120_000)

  it("has so many of everything", () => {
    const { events: stored, ids, plans = 0, plansOfTape = 0, tasks = 0, tasksOfTape = 0 } = counts
    assert.deepStrictEqual([stored, ids], [(copies + 1) * events, (copies + 1) * events])
    assert.isAbove(plansOfTape, 0)
    assert.strictEqual(plans, (copies + 1) * plansOfTape)
    assert.isAbove(tasksOfTape, 0)
    assert.strictEqual(tasks, (copies + 1) * tasksOfTape)
  })

  it("has every event in the plan and the task that its copy belongs to, at their time", () => {
    assert.strictEqual(counts["eventsOfNoPlan"], 0)
    assert.strictEqual(counts["eventsOfNoTask"], 0)
    assert.strictEqual(counts["plansThatBeganAtAnotherTime"], 0)
  })

  it("has no mark of the tape in a copy, and ids that ascend where the server's own do", () => {
    assert.strictEqual(counts["eventsWithMarks"], events)
    assert.strictEqual(counts["eventsWithRandomIds"], 0)
  })
})
