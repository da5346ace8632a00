import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bounded, maxPageBytes } from "../../query/bounded.ts"
import { hierarchyCut, keysOfHierarchy } from "../../query/hierarchy.ts"
import { type PlanFilter, type PlanPosition, PlanQueries } from "../PlanQueries.ts"
import { askTenant } from "./askTenant.ts"
import { textArray } from "./joins.ts"
import { newestFirst, planBegin, planById, planBytes, plansByIds, planStatus } from "./PlanExecutions.ts"
import { planFactsOf, type PlanFactsRow, readPlanFacts } from "./planFacts.ts"
import type { TenantSql } from "./TenantSql.ts"

/** The parameters of a statement, the tenant first. */
class Parameters {
  readonly values: Array<unknown>
  constructor(tenantId: string) {
    this.values = [tenantId]
  }
  /** Adds a value and returns its parameter name. */
  name(value: unknown): string {
    return `$${this.values.push(value)}`
  }
}

/** Selects the first plans after a position that meet all conditions. */
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

/** Plans of an agent, found in two ways, each with its own index: incarnations of its job, and plans of its tasks. */
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
  // Looked up one by one: the planner would rather read all plans.
  return `SELECT p.* FROM (${ways.join(" UNION ")}) AS found, LATERAL (
      SELECT p.* FROM plan_executions p WHERE p.tenant_id = $1 AND p.plan_id = found.plan_id OFFSET 0
    ) AS p ${newestFirst} LIMIT ${parameters.name(count)}::bigint`
}

/** Only as many of these plans as needed to see what fits. */
const fitting = (source: string) =>
  `SELECT p.* FROM (
    SELECT p.*, sum(p.bytes) OVER (${newestFirst} ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM (SELECT p.*, ${planBytes} AS bytes FROM (${source}) AS p) AS p
  ) AS p WHERE p.bytes_so_far - p.bytes <= ${maxPageBytes}`

/** Selects one plan more than the limit and returns those that fit. */
const findFitting = Effect.fnUntraced(function*(source: string, { values }: Parameters, limit: number) {
  const sql = yield* SqlClient.SqlClient
  const { entries, isLast } = bounded(
    yield* sql.unsafe<PlanFactsRow & { readonly bytes: number }>(planFactsOf(fitting(source), ", p.bytes"), values),
    ({ bytes }) => bytes,
    limit
  )
  return { entries: entries.map(readPlanFacts), isLast }
})

const findPage = (tenantId: string, filter: PlanFilter, after: PlanPosition | null, limit: number) => {
  const parameters = new Parameters(tenantId)
  return findFitting(sourceOf(filter, after, limit + 1, parameters), parameters, limit)
}

const oneId = `WITH p AS (${planById}) SELECT p.plan_id FROM p`

const findSubPlans = Effect.fnUntraced(
  function*(tenantId: string, id: string, after: PlanPosition | null, limit: number) {
    const sql = yield* SqlClient.SqlClient
    const [parent] = yield* sql.unsafe<{ readonly plan_id: string }>(oneId, [tenantId, id])
    if (parent === undefined) return undefined
    const parameters = new Parameters(tenantId)
    const parentId = parameters.name(parent.plan_id)
    const conditions = [`p.parent_plan_id = ${parentId}`, `p.plan_id <> ${parentId}`]
    const source = select("p.*", conditions, after, limit + 1, parameters)
    return { parent: parent.plan_id, plans: yield* findFitting(source, parameters, limit) }
  }
)

// A plan has one parent, so only the top can appear twice. Looked up by index, whatever the planner thinks of a level's
// size: a chain has as many levels as plans.
const keysBelow = `WITH RECURSIVE top AS (${planById}), tree AS (
    SELECT p.plan_id, NULL::text COLLATE "C" AS parent_id, 0 AS level, ${planBytes} AS bytes FROM top p
    UNION ALL
    SELECT p.plan_id, t.plan_id, t.level + 1, p.bytes FROM tree t, LATERAL (
      SELECT p.plan_id, ${planBytes} AS bytes FROM plan_executions p
      WHERE p.tenant_id = $1 AND p.parent_plan_id = t.plan_id AND p.known AND p.plan_id <> (SELECT plan_id FROM top)
      OFFSET 0
    ) AS p
  ) SELECT * FROM tree LIMIT ${keysOfHierarchy}`

interface KeyRow {
  readonly plan_id: string
  readonly parent_id: string | null
  readonly level: number
  readonly bytes: number
}

const plansOfKeys = planFactsOf(plansByIds)

const findHierarchy = Effect.fnUntraced(function*(tenantId: string, id: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.unsafe<KeyRow>(keysBelow, [tenantId, id])
  if (rows.length === 0) return undefined
  const cut = hierarchyCut(
    rows.map(({ bytes, level, parent_id, plan_id }) => ({ planId: plan_id, parentId: parent_id, level, bytes }))
  )
  const ids = textArray(cut.keys.map(({ planId }) => planId))
  return { cut, plans: (yield* sql.unsafe<PlanFactsRow>(plansOfKeys, [tenantId, ids])).map(readPlanFacts) }
})

/** Adapter: PostgreSQL, each query in one transaction under the tenant's role. */
export const layer: Layer.Layer<PlanQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  PlanQueries,
  Effect.map(askTenant, (ask) => ({
    page: (tenantId, filter, after, limit) => ask(tenantId, findPage(tenantId, filter, after, limit)),
    subPlans: (tenantId, id, after, limit) => ask(tenantId, findSubPlans(tenantId, id, after, limit)),
    hierarchy: (tenantId, id) => ask(tenantId, findHierarchy(tenantId, id))
  }))
)
