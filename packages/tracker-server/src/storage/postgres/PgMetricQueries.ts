import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { AgentSample, BucketSample } from "../../query/agentMetrics.ts"
import type { Window } from "../../query/window.ts"
import { MetricQueries } from "../MetricQueries.ts"
import { count, countIn, isOpen, percentiles, startedWithin, sumMicros } from "./taskNumbers.ts"
import { TenantSql } from "./TenantSql.ts"

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

// Asked for open tasks alone, which are few; joined, all plans would be read for an agent with many tasks.
const endOfPlan = "(SELECT p.end_status FROM plan_executions p WHERE p.tenant_id = $1 AND p.plan_id = t.plan_id)"

const sampleOfAgent = `SELECT ${counts}, ${sumMicros} AS sum_micros,
    count(*) FILTER (
      WHERE t.state = 'cancelled' OR (${isOpen} AND ${endOfPlan} IN ('failed', 'cancelled'))
    )::int4 AS cancelled_tasks
  FROM task_executions t WHERE ${ofAgent}`

interface SampleRow extends CountRow {
  readonly cancelled_tasks: number
  readonly sum_micros: number | null
}

const findSample = Effect.fnUntraced(function*(tenantId: string, agentId: string, { from, until }: Window) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<SampleRow>(sampleOfAgent, [tenantId, agentId, from, until])
  const timed = (row?.completed_tasks ?? 0) + (row?.failed_tasks ?? 0)
  const sample: AgentSample = {
    totalTasks: row?.total_tasks ?? 0,
    completedTasks: row?.completed_tasks ?? 0,
    failedTasks: row?.failed_tasks ?? 0,
    cancelledTasks: row?.cancelled_tasks ?? 0,
    averageMicros: row === undefined || row.sum_micros === null ? null : row.sum_micros / timed,
    p50Micros: row?.p50_micros ?? null,
    p95Micros: row?.p95_micros ?? null
  }
  return sample
})

// Counted in `numeric`: an instant just before a bucket must not be rounded into it.
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
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    const ask = <A, E>(tenantId: string, question: Effect.Effect<A, E, SqlClient.SqlClient>) =>
      within(tenantId)(Effect.provideService(question, SqlClient.SqlClient, sql))
    return {
      agent: (tenantId, agentId, window) => ask(tenantId, findSample(tenantId, agentId, window)),
      series: (tenantId, agentId, window, bucketMs) => ask(tenantId, findSeries(tenantId, agentId, window, bucketMs))
    }
  })
)
