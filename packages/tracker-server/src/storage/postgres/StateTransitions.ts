import type { TaskState } from "@durable-effect/core"
import { compareBytes } from "../../projection/Fact.ts"
import type { StateTransition } from "../../projection/Facts.ts"
import { maxEntries, maxPageBytes } from "../../query/bounded.ts"
import { type Column, insertRows, insertStatement, readInstant, rowId } from "./joins.ts"

const columns: ReadonlyArray<Column<StateTransition>> = [
  rowId,
  { name: "event_id", type: "text", of: (transition) => transition.eventId },
  { name: "task_id", type: "text", of: (transition) => transition.taskId },
  { name: "plan_id", type: "text", of: (transition) => transition.planId },
  { name: "from_state", type: "text", of: (transition) => transition.fromState },
  { name: "to_state", type: "text", of: (transition) => transition.toState },
  { name: "reason", type: "text", of: (transition) => transition.reason },
  { name: "transitioned_at", type: "timestamptz", of: (transition) => transition.transitionedAt }
]

const insert = insertStatement("state_transitions", columns, "ON CONFLICT (tenant_id, event_id) DO NOTHING")

/** One row per event, whatever the other rows say. */
export const insertTransitions = (tenantId: string, transitions: Iterable<StateTransition>) =>
  insertRows(
    insert,
    columns,
    tenantId,
    [...transitions].sort((left, right) => compareBytes(left.eventId, right.eventId))
  )

/** A row selected by `transitionsOfTask`. */
export interface TransitionRow {
  readonly event_id: string
  readonly task_id: string
  readonly plan_id: string | null
  readonly from_state: TaskState
  readonly to_state: TaskState
  readonly reason: string | null
  readonly transitioned_at: string
  readonly bytes: number
}

const order = "ORDER BY s.transitioned_at, s.event_id"

/**
 * The transitions of the task `$2` after the one with the instant `$3` and the event `$4` (null: all of them), only as
 * many as needed to see what fits.
 */
export const transitionsOfTask =
  `SELECT s.event_id, s.task_id, s.plan_id, s.from_state, s.to_state, s.reason, s.bytes, ${
    readInstant("s.transitioned_at", "transitioned_at")
  } FROM (
    SELECT s.*, sum(s.bytes) OVER (${order} ROWS UNBOUNDED PRECEDING) AS bytes_so_far FROM (
      SELECT s.*, coalesce(octet_length(s.reason), 0) AS bytes FROM state_transitions s
      WHERE s.tenant_id = $1 AND s.task_id = $2
        AND ($4::text IS NULL OR (s.transitioned_at, s.event_id) > ($3::timestamptz, $4::text))
      ${order} LIMIT ${maxEntries + 1}
    ) AS s
  ) AS s WHERE s.bytes_so_far - s.bytes <= ${maxPageBytes} ${order}`

export const readTransition = (row: TransitionRow): StateTransition => ({
  eventId: row.event_id,
  taskId: row.task_id,
  planId: row.plan_id,
  fromState: row.from_state,
  toState: row.to_state,
  reason: row.reason,
  transitionedAt: row.transitioned_at
})
