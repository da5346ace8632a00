import type { PlanFacts } from "../../query/planView.ts"
import { readInstant } from "./joins.ts"
import { newestFirst, planColumns, type PlanRow, readPlan } from "./PlanExecutions.ts"
import { isOpen } from "./taskNumbers.ts"

/**
 * Plans with what their tasks contribute, newest first: one statement, however many plans `source` selects. The tenant
 * is `$1`. A plan whose start has a trace does not need a task's, which is the second lookup of tasks.
 */
export const planFactsOf = (source: string, furtherColumns: string = ""): string =>
  `WITH p AS (${source})
  SELECT ${planColumns}${furtherColumns}, s.task_count, s.completed_tasks, s.failed_tasks, ${
    readInstant("s.started_at", "tasks_started_at")
  }, ${readInstant("s.open_due", "open_due")},
    CASE WHEN p.trace_key LIKE '0%' THEN NULL ELSE (SELECT t.trace_id FROM (
        -- Apart, or the planner may think that few tasks have a trace and look at all that do.
        SELECT t.* FROM task_executions t WHERE t.tenant_id = $1 AND t.plan_id = p.plan_id AND t.known OFFSET 0
      ) AS t WHERE t.trace_id IS NOT NULL ORDER BY t.origin_key LIMIT 1) END AS tasks_trace_id
  FROM p, LATERAL (
    SELECT count(*)::int4 AS task_count,
      count(*) FILTER (WHERE t.state = 'completed')::int4 AS completed_tasks,
      count(*) FILTER (WHERE t.state = 'failed')::int4 AS failed_tasks,
      min(t.started_at) AS started_at,
      min(LEAST(t.deadline, CASE WHEN t.state = 'waiting' THEN t.retry_at END)) FILTER (WHERE ${isOpen}) AS open_due
    FROM task_executions t WHERE t.tenant_id = $1 AND t.plan_id = p.plan_id AND t.known
  ) AS s ${newestFirst}`

/** A row selected by `planFactsOf`. */
export interface PlanFactsRow extends PlanRow {
  readonly task_count: number
  readonly completed_tasks: number
  readonly failed_tasks: number
  readonly tasks_started_at: string | null
  readonly open_due: string | null
  readonly tasks_trace_id: string | null
}

export const readPlanFacts = (row: PlanFactsRow): PlanFacts => ({
  plan: readPlan(row),
  tasks: {
    taskCount: row.task_count,
    completedTasks: row.completed_tasks,
    failedTasks: row.failed_tasks,
    startedAt: row.tasks_started_at,
    openDue: row.open_due,
    traceId: row.tasks_trace_id
  }
})
