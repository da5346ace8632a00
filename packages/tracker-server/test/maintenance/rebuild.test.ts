import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as fc from "fast-check"
import type { Progress } from "../../src/maintenance/rebuildTenant.ts"
import { advisoryLock } from "../../src/storage/postgres/advisoryLock.ts"
import { anyEvents } from "../projection/anyEvents.ts"
import { request, time } from "../projection/stores.ts"
import { wholeLives } from "../projection/wholeLives.ts"
import { allAnswers } from "../query/allAnswers.ts"
import { ingest } from "../support/ingest.ts"
import { onFreshStores, projections, rebuilt } from "./projections.ts"
import { spoil, story } from "./spoiling.ts"

const everyTable = {
  task_executions: 3,
  plan_executions: 3,
  trace_ranges: 1,
  state_transitions: 2,
  delegation_groups: 1
}

describe("rebuild", () => {
  it.live("finds every row as it is, whatever events came", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const runs = fc.sample(fc.tuple(wholeLives, anyEvents), 25)
        for (const [run, [lives, more]] of runs.entries()) {
          yield* ingest(`tenant-${run}`, lives.flatMap(({ events }) => events), { requestTraceId: "request-trace" })
          yield* ingest(`tenant-${run}`, more)
        }
        yield* ingest("tenant-story", story)
        const before = yield* projections
        const tenants = yield* rebuilt(url)
        assert.deepStrictEqual(
          tenants.map(({ tenantId }) => tenantId).sort(),
          ["tenant-story", ...runs.map((_, run) => `tenant-${run}`)].sort()
        )
        for (const { differences, kept } of tenants) assert.deepStrictEqual([differences, kept], [{}, 0])
        assert.deepStrictEqual(yield* projections, before)
      })
    ), 60_000)

  it.live("puts right what is not as the events say, of one tenant or of all", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        yield* ingest("acme", story)
        yield* ingest("other", story.map((event) => ({ ...event })))
        const [right, answers] = [
          yield* projections,
          yield* allAnswers("acme", { plans: ["plan"], agents: ["worker"] })
        ]
        yield* spoil
        const spoilt = yield* projections
        assert.notDeepEqual(spoilt, right)

        const [looked] = yield* rebuilt(url, { tenantId: "acme", isDryRun: true })
        assert.deepStrictEqual(looked, {
          tenantId: "acme",
          events: story.length,
          differences: everyTable,
          kept: 0
        })
        assert.deepStrictEqual(yield* projections, spoilt)

        yield* rebuilt(url, { tenantId: "acme" })
        assert.notDeepEqual(yield* projections, right)
        const rest = yield* rebuilt(url)
        assert.deepStrictEqual(rest.map(({ differences }) => differences), [
          {},
          { task_executions: 2, plan_executions: 2, trace_ranges: 1, state_transitions: 2, delegation_groups: 1 }
        ])
        assert.deepStrictEqual(yield* projections, right)
        assert.deepStrictEqual(yield* allAnswers("acme", { plans: ["plan"], agents: ["worker"] }), answers)
        assert.deepStrictEqual((yield* rebuilt(url)).map(({ differences }) => differences), [{}, {}])
      })
    ))

  it.live("folds a restored dump, whose events name transactions of another database", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* ingest("acme", story)
        const right = yield* projections
        // As if some transactions were yet to come here, and others had been before all of this database's.
        yield* sql`UPDATE event_timeline SET commit_xid = ((CASE WHEN ordinal % 2 = 0 THEN 4000000000 ELSE 9 END)::text)::xid8`
        yield* spoil
        yield* ingest("acme", [request("new", time(9), { plan_id: "new" })])
        const [done] = yield* rebuilt(url)
        assert.deepInclude(done, { events: story.length + 1, differences: everyTable })
        yield* sql`DELETE FROM task_executions WHERE task_id = 'new'`
        yield* sql`DELETE FROM plan_executions WHERE plan_id = 'new'`
        assert.deepStrictEqual(yield* projections, right)
      })
    ))

  it.live(
    "reads events by the thousand, or fewer where they are large, and says how far it is",
    () =>
      onFreshStores((url) =>
        Effect.gen(function*() {
          const said: Array<Progress> = []
          const onProgress = (progress: Progress) => Effect.sync(() => void said.push(progress))
          const many = Array.from({ length: 1500 }, (_, i) => request(`task-${i}`, time(1), { plan_id: "plan" }))
          yield* ingest("many", many)
          const large = Array.from(
            { length: 40 },
            (_, i) => request(`task-${i}`, time(1), { text: "x".repeat(250_000) })
          )
          yield* ingest("large", large)
          const tenants = yield* rebuilt(url, { onProgress })
          assert.deepStrictEqual(tenants.map(({ differences, events }) => [events, differences]), [[40, {}], [
            1500,
            {}
          ]])
          assert.deepStrictEqual(said, [
            { tenantId: "large", folded: 34, total: 40 },
            { tenantId: "large", folded: 40, total: 40 },
            { tenantId: "many", folded: 1000, total: 1500 },
            { tenantId: "many", folded: 1500, total: 1500 }
          ])
        })
      ),
    60_000
  )

  it.live("says so where another one runs", () =>
    onFreshStores((url) =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const error = yield* sql.withTransaction(Effect.andThen(
          sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.rebuild})`,
          Effect.flip(rebuilt(url))
        ))
        assert.strictEqual(error._tag, "RebuildRunning")
      })
    ))
})
