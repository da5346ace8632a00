/** A table that is purely a fold of the timeline. */
export interface ProjectedTable {
  readonly name: string
  /** Column that identifies a row within a tenant. */
  readonly key: string
  /**
   * Whether all events about the live row `l` still exist. `since` is SQL for the instant from which on all events
   * exist.
   */
  readonly isRetained: (live: (table: string) => string, since: string) => string
}

const byReceipt: ProjectedTable["isRetained"] = (_, since) => `l.first_received_at >= ${since}`

export const projectedTables = [
  { name: "task_executions", key: "task_id", isRetained: byReceipt },
  { name: "plan_executions", key: "plan_id", isRetained: byReceipt },
  { name: "trace_ranges", key: "trace_id", isRetained: byReceipt },
  {
    name: "state_transitions",
    key: "event_id",
    isRetained: (_, since) =>
      `EXISTS (SELECT FROM event_timeline e WHERE e.tenant_id = l.tenant_id AND e.event_id = l.event_id
        AND e.received_at >= ${since})`
  },
  {
    name: "delegation_groups",
    key: "group_id",
    // Every event about a group is about its parent too.
    isRetained: (live, since) =>
      `NOT EXISTS (SELECT FROM ${live("task_executions")} t WHERE t.tenant_id = l.tenant_id
        AND t.task_id = l.parent_task_id AND t.first_received_at < ${since})`
  }
] as const satisfies ReadonlyArray<ProjectedTable>

export type ProjectedName = typeof projectedTables[number]["name"]
