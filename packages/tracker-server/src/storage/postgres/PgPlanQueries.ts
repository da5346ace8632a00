import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { type PlanFilter, type PlanPosition, PlanQueries } from "../PlanQueries.ts"
import { newestFirst, planBegin, planStatus } from "./PlanExecutions.ts"
import { planFactsOf, type PlanFactsRow, readPlanFacts } from "./planFacts.ts"
import { TenantSql } from "./TenantSql.ts"

/** The parameters of a statement, the tenant first. */
class Parameters {
  readonly values: Array<unknown>
  constructor(tenantId: string) {
    this.values = [tenantId]
  }
  /** The name by which the statement has this value. */
  name(value: unknown): string {
    return `$${this.values.push(value)}`
  }
}

/** Selects the first plans after a place that meet all conditions. */
const select = (
  columns: string,
  conditions: ReadonlyArray<string>,
  after: PlanPosition | null,
  count: number,
  parameters: Parameters
) => {
  const isAfter = after === null
    ? []
    : [`(${planBegin}, p.plan_id) < (${parameters.name(after.begin)}::timestamptz, ${parameters.name(after.planId)})`]
  const all = ["p.tenant_id = $1", "p.known", ...conditions, ...isAfter].join(" AND ")
  return `SELECT ${columns} FROM plan_executions p WHERE ${all} ${newestFirst} LIMIT ${parameters.name(count)}::bigint`
}

/** Plans of an agent, found by two ways of which each has an index: lives of its job, and plans of its tasks. */
const ofAgent = (agent: string) => [
  `p.job_name = ${agent}`,
  `p.plan_id IN (SELECT t.plan_id FROM task_executions t WHERE t.tenant_id = $1 AND t.agent_id = ${agent} AND t.known)`
]

const sourceOf = (
  { agentId, sessionId, since, status }: PlanFilter,
  after: PlanPosition | null,
  count: number,
  parameters: Parameters
) => {
  const conditions = [
    ...(status === null ? [] : [`${planStatus} = ${parameters.name(status)}`]),
    ...(sessionId === null ? [] : [`p.session_id = ${parameters.name(sessionId)}`]),
    ...(since === null ? [] : [`${planBegin} >= ${parameters.name(since)}::timestamptz`])
  ]
  if (agentId === null) return select("p.*", conditions, after, count, parameters)
  const ways = ofAgent(parameters.name(agentId)).map((way) =>
    `(${select("p.plan_id", [...conditions, way], after, count, parameters)})`
  )
  // By their ids one by one: the planner would rather read all plans.
  return `SELECT p.* FROM (${ways.join(" UNION ")}) AS found, LATERAL (
      SELECT p.* FROM plan_executions p WHERE p.tenant_id = $1 AND p.plan_id = found.plan_id OFFSET 0
    ) AS p ${newestFirst} LIMIT ${parameters.name(count)}::bigint`
}

const findPlans = Effect.fnUntraced(function*(source: string, { values }: Parameters) {
  const sql = yield* SqlClient.SqlClient
  return (yield* sql.unsafe<PlanFactsRow>(planFactsOf(source), values)).map(readPlanFacts)
})

const findPage = (tenantId: string, filter: PlanFilter, after: PlanPosition | null, count: number) => {
  const parameters = new Parameters(tenantId)
  return findPlans(sourceOf(filter, after, count, parameters), parameters)
}

/** Adapter: PostgreSQL, each question in one transaction under the tenant's role. */
export const layer: Layer.Layer<PlanQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  PlanQueries,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    const ask = <A, E>(tenantId: string, question: Effect.Effect<A, E, SqlClient.SqlClient>) =>
      within(tenantId)(Effect.provideService(question, SqlClient.SqlClient, sql))
    return {
      page: (tenantId, filter, after, count) => ask(tenantId, findPage(tenantId, filter, after, count))
    }
  })
)
