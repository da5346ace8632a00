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

/** Joins what new events say of groups into the rows. */
export const upsertGroups = (tenantId: string, groups: Iterable<DelegationGroup>) =>
  insertRows(upsert, columns, tenantId, [...groups].sort((left, right) => compareBytes(left.groupId, right.groupId)))
