import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { bounded } from "../../query/bounded.ts"
import { planTrace } from "../../query/planView.ts"
import {
  beginsWithCrowd,
  crowdPage,
  keysOfPage,
  mostOrdered,
  timelinePage,
  type TimelinePosition
} from "../../query/timelinePage.ts"
import { type TaskPosition, TrackerQueries } from "../TrackerQueries.ts"
import { askTenant } from "./askTenant.ts"
import { selectKeys } from "./EventsOfPlan.ts"
import { selectEvents } from "./EventTimeline.ts"
import { planById, planColumns, type PlanRow, readPlan } from "./PlanExecutions.ts"
import { planFactsOf, type PlanFactsRow, readPlanFacts } from "./planFacts.ts"
import { type ListedTaskRow, readTask, tasksOf } from "./TaskExecutions.ts"
import type { TenantSql } from "./TenantSql.ts"

const onePlan = planFactsOf(planById)

const findPlan = Effect.fnUntraced(function*(tenantId: string, id: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<PlanFactsRow>(onePlan, [tenantId, id])
  return row && readPlanFacts(row)
})

const onlyPlan = `WITH p AS (${planById}) SELECT ${planColumns} FROM p`

const tasksOfPlan = tasksOf("plan_id", "$5::bigint")

const findTasks = Effect.fnUntraced(
  function*(tenantId: string, id: string, after: TaskPosition | null, limit: number) {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql.unsafe<PlanRow>(onlyPlan, [tenantId, id])
    if (row === undefined) return undefined
    const { entries, isLast } = bounded(
      yield* sql.unsafe<ListedTaskRow>(tasksOfPlan, [
        tenantId,
        row.plan_id,
        after?.startedAt ?? null,
        after?.taskId ?? null,
        limit + 1
      ]),
      ({ bytes }) => bytes,
      limit
    )
    return { plan: readPlan(row), tasks: { entries: entries.map(readTask), isLast } }
  }
)

const beginning = "0001-01-01T00:00:00.000000Z"

/** The keys of a page. A crowd is not read as a whole: where it begins is not where the page does. */
const findKeys = Effect.fnUntraced(function*(
  tenantId: string,
  plan: Parameters<typeof selectKeys>[1],
  position: TimelinePosition,
  limit: number
) {
  const count = keysOfPage(position, limit)
  const keys = yield* selectKeys(tenantId, plan, {
    from: position.from ?? beginning,
    count,
    most: count + mostOrdered + 1
  })
  const [first] = keys
  if (first === undefined || !beginsWithCrowd(keys)) return timelinePage(keys, position, limit)
  const from = first.occurredAt
  const skip = from === position.from ? position.rank : 0
  const rest = yield* selectKeys(tenantId, plan, { from, count: 1, skip, most: limit + 1 })
  const [next] = rest.length > limit
    ? []
    : yield* selectKeys(tenantId, plan, { from, isAfter: true, count: 1, most: 1 })
  return crowdPage(rest, { from, rank: skip }, limit, next?.occurredAt ?? null)
})

const findTimeline = Effect.fnUntraced(function*(
  tenantId: string,
  id: string,
  position: TimelinePosition,
  limit: number
) {
  const found = yield* findPlan(tenantId, id)
  if (found === undefined) return undefined
  const place = { ...found.plan, traceId: planTrace(found) }
  const { keys, next } = yield* findKeys(tenantId, place, position, limit)
  return { ...found, events: yield* selectEvents(tenantId, keys), next }
})

/** Adapter: PostgreSQL, each query in one transaction under the tenant's role. */
export const layer: Layer.Layer<TrackerQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  TrackerQueries,
  Effect.map(askTenant, (ask) => ({
    plan: (tenantId, id) => ask(tenantId, findPlan(tenantId, id)),
    tasks: (tenantId, id, after, limit) => ask(tenantId, findTasks(tenantId, id, after, limit)),
    timeline: (tenantId, id, position, limit) => ask(tenantId, findTimeline(tenantId, id, position, limit))
  }))
)
