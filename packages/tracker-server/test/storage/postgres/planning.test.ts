import { freshDatabase } from "@durable-effect/test-support"
import { fillTenant, settle } from "@durable-effect/test-support/filled-tenant"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { answerPlan } from "../../../src/query/answerPlan.ts"
import { answerPlans } from "../../../src/query/answerPlans.ts"
import * as PgConnection from "../../../src/storage/postgres/PgConnection.ts"
import * as PgQueries from "../../../src/storage/postgres/PgQueries.ts"
import * as TenantSql from "../../../src/storage/postgres/TenantSql.ts"

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
