import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // A life's job never changes, so this index costs no event but a life's first one.
  yield* sql`
    CREATE INDEX plan_executions_job_idx ON plan_executions (tenant_id, job_name) WHERE job_name IS NOT NULL`
  yield* sql`
    CREATE INDEX task_executions_failed_idx ON task_executions (tenant_id, agent_id, completed_at DESC, task_id DESC)
    WHERE state = 'failed'`
})

/** Finds the lives of a job definition, and the runs of it that failed last. */
export const statistics: Migration = { id: 5, name: "statistics", up }
