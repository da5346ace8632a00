import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { failureBounds, type JobFailures, type JobSample } from "../../query/jobView.ts"
import type { Window } from "../../query/window.ts"
import { JobQueries } from "../JobQueries.ts"
import { askTenant } from "./askTenant.ts"
import { readInstant } from "./joins.ts"
import { count, countIn, percentiles, startedWithin } from "./taskNumbers.ts"
import type { TenantSql } from "./TenantSql.ts"

const nextName = (after: string) =>
  `SELECT p.job_name FROM plan_executions p WHERE p.tenant_id = $1 AND p.job_name > ${after} ORDER BY p.job_name LIMIT 1`

// One index lookup per name, however many incarnations each has.
const names = `WITH RECURSIVE found AS (
    (${nextName("$4")})
    UNION ALL
    SELECT (${nextName("f.job_name")}) FROM found f WHERE f.job_name IS NOT NULL
  ) SELECT job_name FROM found WHERE job_name IS NOT NULL LIMIT $5::bigint`

const oneName = `SELECT p.job_name FROM plan_executions p WHERE p.tenant_id = $1 AND p.job_name = $4 LIMIT 1`

const samplesOf = (names: string) =>
  `SELECT j.job_name, l.job_type, l.plans, r.runs, r.failed_runs, r.p50_micros, r.p95_micros,
    ${readInstant("r.last_run_at", "last_run_at")}, ${readInstant("l.next_run_at", "next_run_at")}
  FROM (${names}) AS j, LATERAL (
    SELECT count(*)::int4 AS plans, min(p.job_type) AS job_type,
      min(p.next_run_at) FILTER (WHERE p.end_status IS NULL) AS next_run_at
    FROM plan_executions p WHERE p.tenant_id = $1 AND p.job_name = j.job_name
  ) AS l, LATERAL (
    SELECT ${count} AS runs, ${countIn("failed")} AS failed_runs, ${percentiles}, max(t.started_at) AS last_run_at
    FROM task_executions t WHERE ${startedWithin("j.job_name", "$2", "$3")}
  ) AS r
  ORDER BY j.job_name`

const pageOfJobs = samplesOf(names)
const oneJob = samplesOf(oneName)

const message = `left(CASE jsonb_typeof(t.error)
    WHEN 'string' THEN t.error #>> '{}'
    WHEN 'object' THEN CASE WHEN jsonb_typeof(t.error -> 'message') = 'string' THEN t.error ->> 'message' END
  END, ${failureBounds.characters})`

const failuresOfJob = `SELECT f.message, count(*)::int4 AS count, ${readInstant("max(f.completed_at)", "last_at")},
    (array_agg(f.task_id ORDER BY f.completed_at DESC, f.task_id DESC))[1] AS task_id
  FROM (
    SELECT t.task_id, t.completed_at, ${message} AS message FROM task_executions t
    WHERE ${startedWithin("$4", "$2", "$3")} AND t.state = 'failed'
    ORDER BY t.completed_at DESC, t.task_id DESC LIMIT ${failureBounds.runs}
  ) AS f
  GROUP BY f.message ORDER BY max(f.completed_at) DESC, f.message COLLATE "C" LIMIT ${failureBounds.messages}`

interface JobRow {
  readonly job_name: string
  readonly job_type: string | null
  readonly plans: number
  readonly runs: number
  readonly failed_runs: number
  readonly p50_micros: number | null
  readonly p95_micros: number | null
  readonly last_run_at: string | null
  readonly next_run_at: string | null
}

const readJob = (row: JobRow): JobSample => ({
  jobName: row.job_name,
  jobType: row.job_type,
  plans: row.plans,
  runs: row.runs,
  failedRuns: row.failed_runs,
  p50Micros: row.p50_micros,
  p95Micros: row.p95_micros,
  lastRunAt: row.last_run_at,
  nextRunAt: row.next_run_at
})

interface FailureRow {
  readonly message: string | null
  readonly count: number
  readonly last_at: string
  readonly task_id: string
}

const findJobs = Effect.fnUntraced(
  function*(tenantId: string, after: string | null, limit: number, { from, until }: Window) {
    const sql = yield* SqlClient.SqlClient
    // No name is empty.
    const rows = yield* sql.unsafe<JobRow>(pageOfJobs, [tenantId, from, until, after ?? "", limit])
    return rows.map(readJob)
  }
)

const findJob = Effect.fnUntraced(function*(tenantId: string, jobName: string, { from, until }: Window) {
  const sql = yield* SqlClient.SqlClient
  const ofJob = [tenantId, from, until, jobName]
  const [row] = yield* sql.unsafe<JobRow>(oneJob, ofJob)
  if (row === undefined) return undefined
  const failures = yield* sql.unsafe<FailureRow>(failuresOfJob, ofJob)
  return {
    job: readJob(row),
    failures: failures.map(({ count, last_at, message, task_id }): JobFailures => ({
      message,
      count,
      lastAt: last_at,
      taskId: task_id
    }))
  }
})

/** Adapter: PostgreSQL, under the tenant's role. */
export const layer: Layer.Layer<JobQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  JobQueries,
  Effect.map(askTenant, (ask) => ({
    jobs: (tenantId, after, count, runs) => ask(tenantId, findJobs(tenantId, after, count, runs)),
    job: (tenantId, jobName, runs) => ask(tenantId, findJob(tenantId, jobName, runs))
  }))
)
