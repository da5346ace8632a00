import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { type PlanFacts, planTrace } from "../../query/planView.ts"
import { keysOfPage, timelinePage, type TimelinePosition } from "../../query/timelinePage.ts"
import { type TaskPosition, TrackerQueries } from "../TrackerQueries.ts"
import { selectEvents, selectKeys } from "./EventTimeline.ts"
import { readInstant } from "./joins.ts"
import { planById, planColumns, type PlanRow, readPlan } from "./PlanExecutions.ts"
import { readTask, taskColumns, type TaskRow } from "./TaskExecutions.ts"
import { isOpen } from "./taskNumbers.ts"
import { TenantSql } from "./TenantSql.ts"

const planWithTasks = `WITH p AS (${planById})
  SELECT ${planColumns}, s.task_count, s.completed_tasks, s.failed_tasks, ${
  readInstant("s.started_at", "tasks_started_at")
}, ${readInstant("s.open_due", "open_due")},
    (SELECT t.trace_id FROM task_executions t
      WHERE t.tenant_id = $1 AND t.plan_id = p.plan_id AND t.known AND t.trace_id IS NOT NULL
      ORDER BY t.origin_key LIMIT 1) AS tasks_trace_id
  FROM p, LATERAL (
    SELECT count(*)::int4 AS task_count,
      count(*) FILTER (WHERE t.state = 'completed')::int4 AS completed_tasks,
      count(*) FILTER (WHERE t.state = 'failed')::int4 AS failed_tasks,
      min(t.started_at) AS started_at,
      min(LEAST(t.deadline, CASE WHEN t.state = 'waiting' THEN t.retry_at END)) FILTER (WHERE ${isOpen}) AS open_due
    FROM task_executions t WHERE t.tenant_id = $1 AND t.plan_id = p.plan_id AND t.known
  ) AS s`

interface PlanWithTasksRow extends PlanRow {
  readonly task_count: number
  readonly completed_tasks: number
  readonly failed_tasks: number
  readonly tasks_started_at: string | null
  readonly open_due: string | null
  readonly tasks_trace_id: string | null
}

const findPlan = Effect.fnUntraced(function*(tenantId: string, id: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<PlanWithTasksRow>(planWithTasks, [tenantId, id])
  if (row === undefined) return undefined
  const facts: PlanFacts = {
    plan: readPlan(row),
    tasks: {
      taskCount: row.task_count,
      completedTasks: row.completed_tasks,
      failedTasks: row.failed_tasks,
      startedAt: row.tasks_started_at,
      openDue: row.open_due,
      traceId: row.tasks_trace_id
    }
  }
  return facts
})

const onlyPlan = `WITH p AS (${planById}) SELECT ${planColumns} FROM p`

// What has not started sorts last, as `infinity`.
const start = "coalesce(t.started_at, 'infinity')"
const order = `ORDER BY ${start}, t.task_id`
// The columns are made for the page's tasks alone: made before the sort, their texts cost more than all the rest.
const tasksOfPlan = `SELECT ${taskColumns} FROM (
    SELECT t.* FROM task_executions t
    WHERE t.tenant_id = $1 AND t.plan_id = $2 AND t.known
      AND ($4::text IS NULL OR (${start}, t.task_id) > (coalesce($3::timestamptz, 'infinity'), $4::text))
    ${order} LIMIT $5::bigint
  ) AS t ${order}`

const findTasks = Effect.fnUntraced(
  function*(tenantId: string, id: string, after: TaskPosition | null, count: number) {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql.unsafe<PlanRow>(onlyPlan, [tenantId, id])
    if (row === undefined) return undefined
    const tasks = yield* sql.unsafe<TaskRow>(tasksOfPlan, [
      tenantId,
      row.plan_id,
      after?.startedAt ?? null,
      after?.taskId ?? null,
      count
    ])
    return { plan: readPlan(row), tasks: tasks.map(readTask) }
  }
)

const beginning = "0001-01-01T00:00:00.000000Z"

const findTimeline = Effect.fnUntraced(function*(
  tenantId: string,
  id: string,
  position: TimelinePosition,
  limit: number
) {
  const found = yield* findPlan(tenantId, id)
  if (found === undefined) return undefined
  const place = { ...found.plan, traceId: planTrace(found) }
  const count = keysOfPage(position, limit)
  const { keys, next } = timelinePage(
    yield* selectKeys(tenantId, place, position.from ?? beginning, count),
    position,
    limit
  )
  return { ...found, events: yield* selectEvents(tenantId, keys), next }
})

/** Adapter: PostgreSQL, each question in one transaction under the tenant's role. */
export const layer: Layer.Layer<TrackerQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  TrackerQueries,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    const ask = <A, E>(tenantId: string, question: Effect.Effect<A, E, SqlClient.SqlClient>) =>
      within(tenantId)(Effect.provideService(question, SqlClient.SqlClient, sql))
    return {
      plan: (tenantId, id) => ask(tenantId, findPlan(tenantId, id)),
      tasks: (tenantId, id, after, count) => ask(tenantId, findTasks(tenantId, id, after, count)),
      timeline: (tenantId, id, position, limit) => ask(tenantId, findTimeline(tenantId, id, position, limit))
    }
  })
)
