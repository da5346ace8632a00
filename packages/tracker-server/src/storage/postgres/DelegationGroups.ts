import { compareBytes } from "../../projection/Fact.ts"
import type { DelegationGroup } from "../../projection/Facts.ts"
import { type Column, insertRows, insertStatement, joinFact } from "./joins.ts"

const columns: ReadonlyArray<Column<DelegationGroup>> = [
  { name: "group_id", type: "text", of: (group) => group.groupId },
  { name: "parent_task_id", type: "text", of: (group) => group.start.value.parentTaskId },
  { name: "plan_id", type: "text", of: (group) => group.start.value.planId },
  { name: "total_tasks", type: "bigint", of: (group) => group.start.value.totalTasks },
  { name: "start_key", type: "text", of: (group) => group.start.key }
]

const upsert = insertStatement(
  "delegation_groups",
  columns,
  `ON CONFLICT (tenant_id, group_id) DO UPDATE SET ${
    joinFact("earliest", "start_key", "parent_task_id", "plan_id", "total_tasks")
  }`
)

/** Merges what new events say about groups into the rows. */
export const upsertGroups = (tenantId: string, groups: Iterable<DelegationGroup>) =>
  insertRows(upsert, columns, tenantId, [...groups].sort((left, right) => compareBytes(left.groupId, right.groupId)))

/** A row selected by `groupById`. */
export interface GroupRow {
  readonly parent_task_id: string
  readonly plan_id: string | null
  readonly total_tasks: number | null
  readonly parent_plan_id: string | null
}

/** The group with the id `$2`, with the plan of the delegated task. */
export const groupById = `SELECT g.parent_task_id, g.plan_id, g.total_tasks::float8 AS total_tasks,
    (SELECT t.plan_id FROM task_executions t WHERE t.tenant_id = $1 AND t.task_id = g.parent_task_id) AS parent_plan_id
  FROM delegation_groups g WHERE g.tenant_id = $1 AND g.group_id = $2`

export const readGroup = (row: GroupRow): DelegationGroup["start"]["value"] => ({
  parentTaskId: row.parent_task_id,
  planId: row.plan_id,
  totalTasks: row.total_tasks
})
