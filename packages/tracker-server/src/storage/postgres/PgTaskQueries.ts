import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { PlanExecution } from "../../projection/PlanExecution.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { bounded, maxEntries } from "../../query/bounded.ts"
import {
  type EventPosition,
  type ExplainedFacts,
  type GroupFacts,
  TaskQueries,
  type TransitionPosition
} from "../TaskQueries.ts"
import type { TaskPosition } from "../TrackerQueries.ts"
import { askTenant } from "./askTenant.ts"
import { groupById, type GroupRow, readGroup } from "./DelegationGroups.ts"
import { selectFirstToSay, selectKeysOfTask } from "./EventsOfTask.ts"
import { selectEvents } from "./EventTimeline.ts"
import { textArray } from "./joins.ts"
import { planColumns, type PlanRow, plansByIds, readPlan } from "./PlanExecutions.ts"
import { readTransition, type TransitionRow, transitionsOfTask } from "./StateTransitions.ts"
import { type ListedTaskRow, readTask, taskColumns, type TaskRow, tasksOf } from "./TaskExecutions.ts"
import type { TenantSql } from "./TenantSql.ts"

const plansById = `WITH p AS (${plansByIds}) SELECT ${planColumns} FROM p`

/** Tasks with their plans, however many tasks share a plan. */
const withPlans = Effect.fnUntraced(function*(tenantId: string, tasks: ReadonlyArray<TaskExecution>) {
  const sql = yield* SqlClient.SqlClient
  const ids = new Set(tasks.flatMap(({ plan }) => plan.value ?? []))
  const rows = ids.size === 0 ? [] : yield* sql.unsafe<PlanRow>(plansById, [tenantId, textArray([...ids])])
  const plans = new Map(rows.map((row): [string, PlanExecution] => [row.plan_id, readPlan(row)]))
  return tasks.map((task) => ({ task, plan: task.plan.value === null ? undefined : plans.get(task.plan.value) }))
})

const oneTask = `SELECT ${taskColumns} FROM task_executions t
  WHERE t.tenant_id = $1 AND t.task_id = $2 AND t.known`

const findInPlan = Effect.fnUntraced(function*(tenantId: string, taskId: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.unsafe<TaskRow>(oneTask, [tenantId, taskId])
  return (yield* withPlans(tenantId, rows.map(readTask)))[0]
})

const findTask = Effect.fnUntraced(function*(tenantId: string, taskId: string, after: TransitionPosition | null) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* findInPlan(tenantId, taskId)
  if (found === undefined) return undefined
  const rows = yield* sql.unsafe<TransitionRow>(transitionsOfTask, [
    tenantId,
    taskId,
    after?.transitionedAt ?? null,
    after?.eventId ?? null
  ])
  const { entries, isLast } = bounded(rows, ({ bytes }) => bytes)
  return { ...found, transitions: { entries: entries.map(readTransition), isLast } }
})

const findExplained = Effect.fnUntraced(
  function*(tenantId: string, taskId: string, after: EventPosition | null, count: number) {
    const found = yield* findInPlan(tenantId, taskId)
    if (found === undefined) return undefined
    const { task } = found
    const listed = yield* selectKeysOfTask(tenantId, task, after, count + 1)
    const { entries, isLast } = bounded(listed.slice(0, count), ({ bytes }) => bytes)
    const facts: ExplainedFacts = {
      ...found,
      startedBy: yield* selectFirstToSay(tenantId, task, "startedAt"),
      attemptBy: yield* selectFirstToSay(tenantId, task, "attempt"),
      events: { entries: yield* selectEvents(tenantId, entries), isLast: isLast && listed.length <= count }
    }
    return facts
  }
)

const countsOfGroup = `SELECT count(*)::int4 AS tasks, count(*) FILTER (WHERE t.state = 'completed')::int4 AS completed,
    count(*) FILTER (WHERE t.state = 'failed')::int4 AS failed
  FROM task_executions t WHERE t.tenant_id = $1 AND t.delegation_group_id = $2 AND t.known`

const tasksOfGroup = tasksOf("delegation_group_id", `${maxEntries + 1}`)

interface Counts {
  readonly tasks: number
  readonly completed: number
  readonly failed: number
}

const findGroup = Effect.fnUntraced(function*(tenantId: string, groupId: string, after: TaskPosition | null) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<GroupRow>(groupById, [tenantId, groupId])
  const [counts] = yield* sql.unsafe<Counts>(countsOfGroup, [tenantId, groupId])
  if (row === undefined && (counts === undefined || counts.tasks === 0)) return undefined
  const { entries, isLast } = bounded(
    yield* sql.unsafe<ListedTaskRow>(tasksOfGroup, [
      tenantId,
      groupId,
      after?.startedAt ?? null,
      after?.taskId ?? null
    ]),
    ({ bytes }) => bytes
  )
  const group: GroupFacts = {
    start: row === undefined ? null : readGroup(row),
    parentPlanId: row?.parent_plan_id ?? null,
    completedTasks: counts?.completed ?? 0,
    failedTasks: counts?.failed ?? 0,
    tasks: { entries: yield* withPlans(tenantId, entries.map(readTask)), isLast }
  }
  return group
})

/** Adapter: PostgreSQL, each query in one transaction under the tenant's role. */
export const layer: Layer.Layer<TaskQueries, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  TaskQueries,
  Effect.map(askTenant, (ask) => ({
    task: (tenantId, taskId, after) => ask(tenantId, findTask(tenantId, taskId, after)),
    explain: (tenantId, taskId, after, count) => ask(tenantId, findExplained(tenantId, taskId, after, count)),
    group: (tenantId, groupId, after) => ask(tenantId, findGroup(tenantId, groupId, after))
  }))
)
