import { freshDatabase } from "@durable-effect/test-support"
import { type Filled, fillTenant, settle } from "@durable-effect/test-support/filled-tenant"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { HttpApi } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { TrackerApi } from "../../../src/api/TrackerApi.ts"
import { mondayOf, weekPartitions } from "../../../src/maintenance/partitions.ts"
import { answerAgents } from "../../../src/query/answerAgents.ts"
import { answerExplain } from "../../../src/query/answerExplain.ts"
import { answerGroup } from "../../../src/query/answerGroup.ts"
import { answerHierarchy } from "../../../src/query/answerHierarchy.ts"
import { answerIngest } from "../../../src/query/answerIngest.ts"
import { answerJob, answerJobs } from "../../../src/query/answerJobs.ts"
import { answerMetrics } from "../../../src/query/answerMetrics.ts"
import { answerPlan } from "../../../src/query/answerPlan.ts"
import { answerPlans } from "../../../src/query/answerPlans.ts"
import { answerSeries } from "../../../src/query/answerSeries.ts"
import { answerSessionPlans } from "../../../src/query/answerSessionPlans.ts"
import { answerSubPlans } from "../../../src/query/answerSubPlans.ts"
import { answerTask } from "../../../src/query/answerTask.ts"
import { answerTasks } from "../../../src/query/answerTasks.ts"
import { answerTimeline } from "../../../src/query/answerTimeline.ts"
import * as PgConnection from "../../../src/storage/postgres/PgConnection.ts"
import * as PgQueries from "../../../src/storage/postgres/PgQueries.ts"
import * as TenantSql from "../../../src/storage/postgres/TenantSql.ts"
import type { Queries } from "../../../src/storage/Queries.ts"
import { type Explained, layer as explained } from "../../support/ExplainedSql.ts"

const tenant = "acme"

/** Large enough for the planner to choose as it does on a million events, which `TRACKER_TEST_FILL=1000000` has. */
const events = Number(process.env["TRACKER_TEST_FILL"] ?? 60_000)
const filled: Filled = {
  events,
  eventsOfLarge: events / 20,
  plans: Math.max(3000, events / 100),
  tasks: Math.max(30_000, events / 10)
}

type Question = Effect.Effect<unknown, unknown, Queries>

/** A page and the one after it. */
const twoPages = <A extends { readonly next_cursor?: string }, E, R>(
  ask: (page: { readonly limit: string; readonly cursor?: string }) => Effect.Effect<A, E, R>
) =>
  Effect.flatMap(
    ask({ limit: "100" }),
    ({ next_cursor }) => next_cursor === undefined ? Effect.void : ask({ limit: "100", cursor: next_cursor })
  )

const plans = ["plan-7", "plan-large", "session-plan-9", "absent"]
const agent_id = "job-3"

/** What each route that asks has to be asked with, so that all of its statements run. */
const questions: Readonly<Record<string, ReadonlyArray<Question>>> = {
  plans: [
    {},
    { status: "running" as const },
    { status: "paused" as const },
    { agent_id },
    { agent_id: "absent" },
    { session_id: "session-plan-9" },
    { since: "2999-01-01T00:00:00Z" },
    { since: "1999-01-01T00:00:00Z", status: "completed" as const, agent_id }
  ].map((filter) => twoPages((page) => answerPlans(tenant, { ...filter, ...page }))),
  plan: plans.map((id) => answerPlan(tenant, id)),
  subPlans: plans.map((id) => twoPages((page) => answerSubPlans(tenant, id, page))),
  hierarchy: plans.map((id) => answerHierarchy(tenant, id)),
  sessionPlans: ["session-plan-9", "absent"].map((id) => twoPages((page) => answerSessionPlans(tenant, id, page))),
  planTasks: plans.map((id) => twoPages((page) => answerTasks(tenant, id, page))),
  planTimeline: plans.map((id) => twoPages((page) => answerTimeline(tenant, id, page))),
  task: ["task-100", "absent"].map((id) => answerTask(tenant, id)),
  explain: ["task-100", "absent"].map((id) => twoPages((page) => answerExplain(tenant, id, page))),
  delegationGroup: ["group-3", "absent"].map((id) => answerGroup(tenant, id)),
  metrics: ["1h", "7d", "400d"].map((period) => answerMetrics(tenant, agent_id, period)),
  metricsSeries: ["1h", "7d", "400d"].map((period) => answerSeries(tenant, { agent_id, period })),
  agents: ["1h", "400d"].map((period) => twoPages((page) => answerAgents(tenant, { ...page, period }))),
  jobs: [undefined, "7d"].map((period) => twoPages((page) => answerJobs(tenant, { ...page, period }))),
  job: [agent_id, "absent"].map((name) => answerJob(tenant, name, {})),
  ingest: [answerIngest(tenant)]
}

const routes: Array<string> = []
HttpApi.reflect(TrackerApi, {
  onGroup: () => {},
  onEndpoint: ({ endpoint: { identifier, method, path } }) => {
    if (method === "GET" && path.startsWith("/v1/tracker/") && !path.endsWith("/stream")) routes.push(identifier)
  }
})

const isLarge = (relation: unknown) =>
  typeof relation === "string" &&
  /^(event_timeline|task_executions|plan_executions|state_transitions|delegation_groups)/.test(relation)

/** What a plan of a statement does that costs more with each row that there is. */
const faultsOf = (
  route: string,
  { nodes, statement }: Explained,
  partitions: ReadonlySet<string>
): ReadonlyArray<string> =>
  nodes.flatMap((node) => {
    const relation = node["Relation Name"]
    if (!isLarge(relation) || node["Actual Loops"] === 0) return []
    const isEvents = String(relation).startsWith("event_timeline")
    const unwanted = Number(node["Rows Removed by Filter"] ?? 0) * Number(node["Actual Loops"])
    const fault = (what: string) => `${route}: ${what} of ${String(relation)} by ${statement}`
    return [
      ...(node["Node Type"] === "Seq Scan" ? [fault("a scan")] : []),
      ...(isEvents && unwanted > events / 40 ? [fault("a search")] : []),
      ...(isEvents && !partitions.has(String(relation))
        ? [fault("a look at another week")]
        : [])
    ]
  })

describe("the plan of every statement of every question", () => {
  it.live("goes by an index, and no further than the weeks of what is asked for", () =>
    Effect.gen(function*() {
      const url = yield* freshDatabase()
      const owner = PgConnection.layer({ url })
      // Up to the middle of a week: one that has just begun has so few events that reading them all is right.
      const halfWeekMs = 3.5 * 86_400_000
      const filledUntilMs = mondayOf((yield* Clock.currentTimeMillis) - halfWeekMs) + halfWeekMs
      yield* Effect.provide(fillTenant(tenant, filled, filledUntilMs), owner)
      const all: Array<Explained> = []
      const store = PgQueries.layer.pipe(
        Layer.provide(TenantSql.layer),
        Layer.provide(explained(all)),
        Layer.provide(owner)
      )
      assert.sameMembers(Object.keys(questions), routes, "a route that asks needs questions here")
      const weeks = (planIds: ReadonlyArray<string>) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          const rows = yield* sql<{ first: number; last: number }>`
            SELECT extract(epoch FROM first_received_at)::float8 * 1000 AS first,
              extract(epoch FROM last_received_at)::float8 * 1000 AS last
            FROM plan_executions WHERE plan_id IN ${sql.in(planIds)}`
          return new Set(
            rows.flatMap(({ first, last }) =>
              weekPartitions(first, 1).map(({ name }) => name).filter((name) =>
                name <= (weekPartitions(last, 0)[0]?.name ?? "")
              )
            )
          )
        }).pipe(Effect.provide(owner))
      const expected = yield* weeks(["plan-7", "plan-large", "plan-9"])
      // The questions are about two ends of a month.
      assert.isAtLeast(expected.size, 2)
      assert.isBelow(expected.size, 4)
      const faults = new Set<string>()
      for (const state of ["new", "analysed"]) {
        if (state === "analysed") yield* Effect.provide(settle, owner)
        yield* Effect.gen(function*() {
          for (const [route, ask] of Object.entries(questions)) {
            for (const question of ask) yield* Effect.ignore(question)
            assert.isAbove(all.length, 0, route)
            for (const one of all.splice(0)) {
              faultsOf(route, one, expected).forEach((fault) => faults.add(`${state}, ${fault}`))
            }
          }
        }).pipe(Effect.provide(store))
      }
      assert.deepStrictEqual([...faults], [])
    }), 600_000)
})
