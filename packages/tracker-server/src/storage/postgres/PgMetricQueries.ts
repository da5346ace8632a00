import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { AgentSample, BucketSample, NamedSample } from "../../query/agentMetrics.ts"
import type { Window } from "../../query/window.ts"
import { MetricQueries } from "../MetricQueries.ts"
import { askTenant } from "./askTenant.ts"
import { count, countIn, isOpen, percentiles, startedWithin, sumMicros } from "./taskNumbers.ts"
import type { TenantSql } from "./TenantSql.ts"

const counts = `${count} AS total_tasks, ${countIn("completed")} AS completed_tasks,
  ${countIn("failed")} AS failed_tasks, ${percentiles}`

interface CountRow {
  readonly total_tasks: number
  readonly completed_tasks: number
  readonly failed_tasks: number
  readonly p50_micros: number | null
  readonly p95_micros: number | null
}

const ofAgent = startedWithin("$2", "$3", "$4")

// Evaluated only for open tasks, which are few; a join would read all plans for an agent with many tasks.
const endOfPlan = "(SELECT p.end_status FROM plan_executions p WHERE p.tenant_id = $1 AND p.plan_id = t.plan_id)"

const sample = `${counts}, ${sumMicros} AS sum_micros,
    count(*) FILTER (
      WHERE t.state = 'cancelled' OR (${isOpen} AND ${endOfPlan} IN ('failed', 'cancelled'))
    )::int4 AS cancelled_tasks`

const sampleOfAgent = `SELECT ${sample} FROM task_executions t WHERE ${ofAgent}`

const nextAgent = (after: string) =>
  `SELECT t.agent_id FROM task_executions t WHERE t.tenant_id = $1 AND t.agent_id > ${after} AND t.known
    ORDER BY t.agent_id LIMIT 1`

// One index lookup per agent, however many tasks each has.
const pageOfAgents = `WITH RECURSIVE found AS (
    (${nextAgent("$2")})
    UNION ALL
    SELECT (${nextAgent("f.agent_id")}) FROM found f WHERE f.agent_id IS NOT NULL
  )
  SELECT a.agent_id, s.*
  FROM (SELECT agent_id FROM found WHERE agent_id IS NOT NULL LIMIT $5::bigint) AS a, LATERAL (
    SELECT ${sample} FROM task_executions t WHERE ${startedWithin("a.agent_id", "$3", "$4")}
  ) AS s
  ORDER BY a.agent_id`

interface SampleRow extends CountRow {
  readonly cancelled_tasks: number
  readonly sum_micros: number | null
}

const readSample = (row: SampleRow): AgentSample => ({
  totalTasks: row.total_tasks,
  completedTasks: row.completed_tasks,
  failedTasks: row.failed_tasks,
  cancelledTasks: row.cancelled_tasks,
  averageMicros: row.sum_micros === null ? null : row.sum_micros / (row.completed_tasks + row.failed_tasks),
  p50Micros: row.p50_micros,
  p95Micros: row.p95_micros
})

const noTasks: AgentSample = {
  totalTasks: 0,
  completedTasks: 0,
  failedTasks: 0,
  cancelledTasks: 0,
  averageMicros: null,
  p50Micros: null,
  p95Micros: null
}

const findSample = Effect.fnUntraced(function*(tenantId: string, agentId: string, { from, until }: Window) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<SampleRow>(sampleOfAgent, [tenantId, agentId, from, until])
  return row === undefined ? noTasks : readSample(row)
})

const findAgents = Effect.fnUntraced(
  function*(tenantId: string, after: string | null, limit: number, { from, until }: Window) {
    const sql = yield* SqlClient.SqlClient
    // No id is empty.
    const of = [tenantId, after ?? "", from, until, limit]
    const rows = yield* sql.unsafe<SampleRow & { readonly agent_id: string }>(pageOfAgents, of)
    return rows.map((row): NamedSample => ({ agentId: row.agent_id, ...readSample(row) }))
  }
)

// Computed in `numeric`: an instant just before a bucket must not be rounded into it.
const seriesOfAgent =
  `SELECT floor(extract(epoch FROM t.started_at) * 1000 / $5::float8::numeric)::float8 AS bucket, ${counts}
  FROM task_executions t WHERE ${ofAgent} GROUP BY 1`

interface BucketRow extends CountRow {
  readonly bucket: number
}

const findSeries = Effect.fnUntraced(
  function*(tenantId: string, agentId: string, { from, until }: Window, bucketMs: number) {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql.unsafe<BucketRow>(seriesOfAgent, [tenantId, agentId, from, until, bucketMs])
    return rows.map((row): BucketSample => ({
      bucket: row.bucket,
      totalTasks: row.total_tasks,
      completedTasks: row.completed_tasks,
      failedTasks: row.failed_tasks,
      p50Micros: row.p50_micros,
      p95Micros: row.p95_micros
    }))
  }
)

/** Adapter: PostgreSQL, under the tenant's role. */
export const layer: Layer.Layer<MetricQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  MetricQueries,
  Effect.map(askTenant, (ask) => ({
    agent: (tenantId, agentId, window) => ask(tenantId, findSample(tenantId, agentId, window)),
    agents: (tenantId, after, count, window) => ask(tenantId, findAgents(tenantId, after, count, window)),
    series: (tenantId, agentId, window, bucketMs) => ask(tenantId, findSeries(tenantId, agentId, window, bucketMs))
  }))
)
