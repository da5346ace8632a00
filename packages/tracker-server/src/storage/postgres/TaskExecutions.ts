import type { TaskState } from "@durable-effect/core"
import { compareBytes } from "../../projection/Fact.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { maxPageBytes } from "../../query/bounded.ts"
import {
  type Column,
  insertRows,
  insertStatement,
  joinColumn,
  joinFact,
  jsonText,
  readInstant,
  rowId
} from "./joins.ts"

const columns: ReadonlyArray<Column<TaskExecution>> = [
  rowId,
  { name: "task_id", type: "text", of: (task) => task.taskId },
  { name: "known", type: "boolean", of: (task) => task.known },
  { name: "plan_id", type: "text", of: (task) => task.plan.value },
  { name: "plan_key", type: "text", of: (task) => task.plan.key },
  { name: "event_type", type: "text", of: (task) => task.origin.value?.eventType ?? "" },
  { name: "data", type: "jsonb", of: (task) => jsonText(task.origin.value?.data ?? {}) },
  { name: "trace_id", type: "text", of: (task) => task.origin.value?.traceId ?? null },
  { name: "parent_event_id", type: "text", of: (task) => task.origin.value?.parentEventId ?? null },
  { name: "origin_key", type: "text", of: (task) => task.origin.key },
  { name: "state", type: "text", of: (task) => task.state.value?.state ?? "pending" },
  { name: "completed_at", type: "timestamptz", of: (task) => task.state.value?.completedAt ?? null },
  { name: "result", type: "jsonb", of: (task) => jsonText(task.state.value?.result) },
  { name: "error", type: "jsonb", of: (task) => jsonText(task.state.value?.error) },
  { name: "state_message", type: "text", of: (task) => task.state.value?.message ?? null },
  { name: "state_key", type: "text", of: (task) => task.state.key },
  { name: "progress", type: "float8", of: (task) => task.progress.value },
  { name: "progress_key", type: "text", of: (task) => task.progress.key },
  { name: "message", type: "text", of: (task) => task.message.value },
  { name: "message_key", type: "text", of: (task) => task.message.key },
  { name: "agent_id", type: "text", of: (task) => task.agent.value },
  { name: "agent_key", type: "text", of: (task) => task.agent.key },
  { name: "deadline", type: "timestamptz", of: (task) => task.deadline.value },
  { name: "deadline_key", type: "text", of: (task) => task.deadline.key },
  { name: "retry_at", type: "timestamptz", of: (task) => task.retryAt.value },
  { name: "retry_key", type: "text", of: (task) => task.retryAt.key },
  { name: "delegation_group_id", type: "text", of: (task) => task.group.value },
  { name: "group_key", type: "text", of: (task) => task.group.key },
  { name: "started_at", type: "timestamptz", of: (task) => task.startedAt },
  { name: "attempt", type: "bigint", of: (task) => task.attempt },
  { name: "first_received_at", type: "timestamptz", of: (task) => task.firstReceivedAt },
  { name: "last_received_at", type: "timestamptz", of: (task) => task.lastReceivedAt }
]

// `mergeTask` in SQL.
const upsert = insertStatement(
  "task_executions",
  columns,
  `ON CONFLICT (tenant_id, task_id) DO UPDATE SET updated_at = now(), ${
    [
      joinColumn("OR", "known"),
      joinFact("earliest", "plan_key", "plan_id"),
      joinFact("earliest", "origin_key", "event_type", "data", "trace_id", "parent_event_id"),
      joinFact("prevailing", "state_key", "state", "completed_at", "result", "error", "state_message"),
      joinFact("latest", "progress_key", "progress"),
      joinFact("latest", "message_key", "message"),
      joinFact("prevailing", "agent_key", "agent_id"),
      joinFact("latest", "deadline_key", "deadline"),
      joinFact("latest", "retry_key", "retry_at"),
      joinFact("earliest", "group_key", "delegation_group_id"),
      joinColumn("LEAST", "started_at", "first_received_at"),
      joinColumn("GREATEST", "attempt", "last_received_at")
    ].join(", ")
  }`
)

/** Merges what new events say into the rows, ordered by id, so that two batches never deadlock. */
export const upsertTasks = (tenantId: string, tasks: Iterable<TaskExecution>) =>
  insertRows(upsert, columns, tenantId, [...tasks].sort((left, right) => compareBytes(left.taskId, right.taskId)))

/** A row selected by `taskColumns`. */
export interface TaskRow {
  readonly task_id: string
  readonly plan_id: string | null
  readonly plan_key: string
  readonly event_type: string
  readonly trace_id: string | null
  readonly parent_event_id: string | null
  readonly origin_key: string
  readonly state: TaskState
  readonly completed_at: string | null
  readonly error: unknown
  readonly state_message: string | null
  readonly state_key: string
  readonly progress: number | null
  readonly progress_key: string
  readonly message: string | null
  readonly message_key: string
  readonly agent_id: string | null
  readonly agent_key: string
  readonly deadline: string | null
  readonly deadline_key: string
  readonly retry_at: string | null
  readonly retry_key: string
  readonly delegation_group_id: string | null
  readonly group_key: string
  readonly started_at: string | null
  readonly attempt: number | null
  readonly first_received_at: string
  readonly last_received_at: string
}

/** The select list of a task `t`, without its payloads, which can be large and which no response shows. */
export const taskColumns = [
  "t.task_id, t.plan_id, t.plan_key, t.event_type, t.trace_id, t.parent_event_id, t.origin_key",
  "t.state, t.error, t.state_message, t.state_key, t.progress, t.progress_key, t.message, t.message_key",
  "t.agent_id, t.agent_key, t.deadline_key, t.retry_key, t.delegation_group_id, t.group_key, t.attempt::float8 AS attempt",
  ...["completed_at", "deadline", "retry_at", "started_at", "first_received_at", "last_received_at"].map((column) =>
    readInstant(`t.${column}`, column)
  )
].join(", ")

// Unstarted tasks sort last, as `infinity`.
const start = "coalesce(t.started_at, 'infinity')"
const byStart = `ORDER BY ${start}, t.task_id`

// Of a task's variable-size parts.
const bytes = `(coalesce(octet_length(t.message), 0) + coalesce(octet_length(t.state_message), 0)
  + coalesce(octet_length(t.error::text), 0))`

/** A task in a list. */
export interface ListedTaskRow extends TaskRow {
  readonly bytes: number
}

/**
 * Lists the tasks whose column is $2, after the one with start $3 and id $4 (any start if there is no id): of the first
 * `count`, only as many as needed to see what fits. Their texts and sizes are computed for these only: before the sort
 * it would cost more than everything else.
 */
export const tasksOf = (column: "plan_id" | "delegation_group_id", count: string) =>
  `SELECT ${taskColumns}, t.bytes FROM (
    SELECT t.*, sum(t.bytes) OVER (${byStart} ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM (SELECT t.*, ${bytes} AS bytes FROM (
      SELECT t.* FROM task_executions t
      WHERE t.tenant_id = $1 AND t.${column} = $2 AND t.known
        AND ($4::text IS NULL OR (${start}, t.task_id) > (coalesce($3::timestamptz, 'infinity'), $4::text))
      ${byStart} LIMIT ${count}
    ) AS t) AS t
  ) AS t WHERE t.bytes_so_far - t.bytes <= ${maxPageBytes} ${byStart}`

export const readTask = (row: TaskRow): TaskExecution => ({
  taskId: row.task_id,
  known: true,
  origin: {
    key: row.origin_key,
    value: { eventType: row.event_type, data: {}, traceId: row.trace_id, parentEventId: row.parent_event_id }
  },
  plan: { key: row.plan_key, value: row.plan_id },
  state: {
    key: row.state_key,
    value: {
      state: row.state,
      completedAt: row.completed_at,
      result: null,
      error: row.error,
      message: row.state_message
    }
  },
  progress: { key: row.progress_key, value: row.progress },
  message: { key: row.message_key, value: row.message },
  agent: { key: row.agent_key, value: row.agent_id },
  deadline: { key: row.deadline_key, value: row.deadline },
  retryAt: { key: row.retry_key, value: row.retry_at },
  group: { key: row.group_key, value: row.delegation_group_id },
  startedAt: row.started_at,
  attempt: row.attempt,
  firstReceivedAt: row.first_received_at,
  lastReceivedAt: row.last_received_at
})
