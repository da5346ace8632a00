import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as fc from "fast-check"
import { ingest } from "../../src/ingest/ingest.ts"
import { advisoryLock } from "../../src/storage/postgres/advisoryLock.ts"
import { anyEvents } from "../projection/anyEvents.ts"
import { wholeLives } from "../projection/wholeLives.ts"
import { allAnswers } from "../query/allAnswers.ts"
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
          yield* ingest(`tenant-${run}`, lives.flatMap(({ events }) => events), "request-trace")
          yield* ingest(`tenant-${run}`, more, null)
        }
        yield* ingest("tenant-story", story, null)
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
        yield* ingest("acme", story, null)
        yield* ingest("other", story.map((event) => ({ ...event })), null)
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
