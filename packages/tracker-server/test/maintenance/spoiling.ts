import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { envelope, life, request, result, time } from "../projection/stores.ts"

/** Events that leave something in each of the projected tables. */
export const story = [
  envelope("plan.started", time(0), { plan_id: "plan", goal_event: "goal" }, { trace_id: "trace" }),
  envelope("goal", time(0), {}, { topic: "business-facts", trace_id: "trace" }),
  request("task-1", time(1), { plan_id: "plan", delegation_group_id: "group", q: 1e21, "": [0.1, "\0", -0] }),
  request("task-2", time(1), { plan_id: "plan" }),
  envelope("task.state_changed", time(2), { task_id: "task-1", previous_state: "pending", new_state: "running" }),
  envelope("delegation.started", time(2), { group_id: "group", parent_task_id: "task-2", total_tasks: 1 }),
  envelope("task.progress", time(3), { task_id: "task-1", plan_id: "plan", state: "running", progress: 0.1 }),
  result("task-1", time(4), { result: { answer: 42 } }),
  ...life("life-1", ["job.created", time(5)], ["execution.started", time(6), { attempt: 1, handler: "execute" }])
]

/** Makes nonsense of rows in all of the projected tables: changed, gone, and made up. */
export const spoil = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE task_executions SET state = 'failed', completed_at = now(), state_key = '2z', progress = 0.9,
    plan_id = 'other', attempt = 7, known = false WHERE task_id = 'task-1'`
  yield* sql`DELETE FROM task_executions WHERE task_id = 'task-2'`
  yield* sql`INSERT INTO task_executions (tenant_id, task_id, plan_id, event_type) VALUES ('acme', 'ghost', 'plan', 'x')`
  yield* sql`UPDATE plan_executions SET goal_event = 'nonsense', session_id = 's', trace_id = NULL WHERE plan_id = 'plan'`
  yield* sql`DELETE FROM plan_executions WHERE plan_id = 'life-1'`
  yield* sql`INSERT INTO plan_executions (tenant_id, plan_id, first_at) VALUES ('acme', 'ghost', now())`
  yield* sql`UPDATE state_transitions SET from_state = 'waiting' WHERE task_id = 'task-1'`
  yield* sql`DELETE FROM state_transitions WHERE task_id = 'life-1:r1'`
  yield* sql`UPDATE delegation_groups SET total_tasks = 99, start_key = '' WHERE group_id = 'group'`
  yield* sql`DELETE FROM trace_ranges`
})
