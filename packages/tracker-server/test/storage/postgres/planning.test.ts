import { freshDatabase, layerFreshPostgres } from "@durable-effect/test-support"
import { fillTenant, settle } from "@durable-effect/test-support/filled-tenant"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { answerPlan } from "../../../src/query/answerPlan.ts"
import { answerPlans } from "../../../src/query/answerPlans.ts"
import { claimIfFree } from "../../../src/storage/postgres/EventIds.ts"
import * as PgConnection from "../../../src/storage/postgres/PgConnection.ts"
import * as PgQueries from "../../../src/storage/postgres/PgQueries.ts"
import * as TenantSql from "../../../src/storage/postgres/TenantSql.ts"
import { nodesIn } from "../../support/ExplainedSql.ts"

const tenant = "acme"

/** From the sixth time on, PostgreSQL may keep a plan. */
const askOften = Effect.all([
  answerPlans(tenant, { status: "running", agent_id: "job-3" }),
  Effect.ignore(answerPlan(tenant, "plan-7"))
]).pipe(Effect.repeat({ times: 7 }))

/** How often this connection used a plan that it had kept. */
const keptPlansUsed = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ used: number }>`SELECT coalesce(sum(generic_plans), 0)::float8 AS used
    FROM pg_prepared_statements WHERE statement LIKE '%plan_executions p%' AND statement NOT LIKE '%pg_prepared_statements%'`
  return row?.used ?? 0
})

describe("the plan of a question", () => {
  it.live("is made anew until PostgreSQL knows what is stored, and then kept", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      const oneConnection = PgQueries.layer.pipe(
        Layer.provide(TenantSql.layer),
        Layer.provideMerge(PgConnection.layer({ url, maxConnections: 1 }))
      )
      const owner = PgConnection.layer({ url })
      yield* Effect.gen(function*() {
        yield* askOften
        assert.strictEqual(yield* keptPlansUsed, 0, "on empty tables")
        const filled = { events: 60_000, eventsOfLarge: 3000, plans: 3000, tasks: 30_000 }
        yield* Effect.provide(fillTenant(tenant, filled, yield* Clock.currentTimeMillis), owner)
        yield* askOften
        assert.strictEqual(yield* keptPlansUsed, 0, "on tables without statistics")
        yield* Effect.provide(settle, owner)
        yield* askOften
        assert.isAbove(yield* keptPlansUsed, 0, "on tables that are known")
      }).pipe(Effect.provide(oneConnection))
    }), 60_000)
})

describe("the plan of a write", () => {
  it.live("uses the index even if made for tables known to be empty, since it is kept while they grow", () =>
    Effect.gen(function*() {
      const { atOnce } = yield* TenantSql.TenantSql
      const sql = yield* SqlClient.SqlClient
      yield* sql`VACUUM (ANALYZE) event_ids`
      const claim = claimIfFree(tenant, [{ eventId: "e", hash: "00", receivedAt: "2026-01-11T10:00:00.000000Z" }])
      const [plan] = yield* atOnce(tenant, "once", [{ ...claim, sql: `EXPLAIN (FORMAT JSON) ${claim.sql}` }])
      const scans = nodesIn(plan).filter((node) => node["Relation Name"] === "event_ids" && "Scan Direction" in node)
      assert.deepStrictEqual(scans.map((node) => node["Index Name"]), ["event_ids_pkey"])
    }).pipe(Effect.provide(layerFreshPostgres)))
})
