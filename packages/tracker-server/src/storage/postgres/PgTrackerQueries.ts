import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { planTrace } from "../../query/planView.ts"
import { keysOfPage, timelinePage, type TimelinePosition } from "../../query/timelinePage.ts"
import { type TaskPosition, TrackerQueries } from "../TrackerQueries.ts"
import { selectEvents, selectKeys } from "./EventTimeline.ts"
import { planById, planColumns, type PlanRow, readPlan } from "./PlanExecutions.ts"
import { planFactsOf, type PlanFactsRow, readPlanFacts } from "./planFacts.ts"
import { byStart, isAfterStart, readTask, taskColumns, type TaskRow } from "./TaskExecutions.ts"
import { TenantSql } from "./TenantSql.ts"

const onePlan = planFactsOf(planById)

const findPlan = Effect.fnUntraced(function*(tenantId: string, id: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<PlanFactsRow>(onePlan, [tenantId, id])
  return row && readPlanFacts(row)
})

const onlyPlan = `WITH p AS (${planById}) SELECT ${planColumns} FROM p`

// The columns are made for the page's tasks alone: made before the sort, their texts cost more than all the rest.
const tasksOfPlan = `SELECT ${taskColumns} FROM (
    SELECT t.* FROM task_executions t
    WHERE t.tenant_id = $1 AND t.plan_id = $2 AND t.known
      AND ${isAfterStart("$3", "$4")}
    ${byStart} LIMIT $5::bigint
  ) AS t ${byStart}`

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
