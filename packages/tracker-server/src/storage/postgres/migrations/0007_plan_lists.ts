import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"

// `coalesce` would do, but under row-level security PostgreSQL takes no condition on it into an index.
const newest = "(CASE WHEN started_at IS NULL THEN first_at ELSE started_at END) DESC, plan_id DESC"
const status = "(CASE WHEN end_status IS NOT NULL THEN end_status WHEN paused THEN 'paused' ELSE 'running' END)"

const onPlans = (name: string, first: string, condition: string) =>
  `CREATE INDEX plan_executions_${name}_idx ON plan_executions (tenant_id, ${first}${newest}) WHERE ${condition}`

const statements = [
  "DROP INDEX plan_executions_newest_idx",
  "DROP INDEX plan_executions_session_idx",
  "DROP INDEX plan_executions_parent_idx",
  "DROP INDEX plan_executions_job_idx",
  onPlans("newest", "", "known"),
  onPlans("session", "session_id, ", "known AND session_id IS NOT NULL"),
  onPlans("parent", "parent_plan_id, ", "known AND parent_plan_id IS NOT NULL"),
  onPlans("status", `${status}, `, "known"),
  // Whatever names a job makes its plan known.
  onPlans("job", "job_name, ", "job_name IS NOT NULL")
]

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
})

/** Indexes for lists of plans, newest first: all, by session, by parent, by status, and by job. */
export const planLists: Migration = { id: 7, name: "plan lists", up }
