import { Effect } from "effect"
import { SqlClient } from "effect/sql"

/** The size of a tenant's data. At most a tenth of the events belong to one plan, `plan-large`. */
export interface Filled {
  readonly events: number
  readonly tasks: number
  readonly plans: number
  readonly eventsOfLarge: number
}

/** Number of additional plans, `plan-wide-0` and so on, with a hundred tasks each. */
export const widePlans = 20

const days = 30
/** Number of job definitions, which are also the agents; the plans are their incarnations. */
const jobs = 20

/**
 * Statements that fill an empty database with a tenant of this size, and one more, within seconds. The rows of a plan
 * are close together, spread over 30 days up to now: each plan after its predecessor, its tasks and their events
 * likewise.
 */
const statements = (tenant: string, { events, eventsOfLarge, plans, tasks }: Filled, now: string) => {
  const small = events - eventsOfLarge
  const share = (of: number) => `(${of}::float8 / ${small})`
  const at = (event: string) =>
    `('${now}'::timestamptz - interval '${days} days' * (1 - (${event})::float8 / ${events}))`
  const planOf = (event: string) =>
    `CASE WHEN ${event} > ${small} THEN 'plan-large'
    ELSE 'plan-' || floor((${event} - 1) * ${share(plans)}) END`
  const taskOf = (event: string) => `'task-' || floor((${event} - 1) * ${share(tasks)})`
  const first = (thing: string, of: number) => `ceil(${thing} / ${share(of)}) + 1`
  const last = (thing: string, of: number) => `least(${events}, ceil((${thing} + 1) / ${share(of)}))`
  // The large plan's tasks are additional.
  const allTasks = Math.ceil(events * (tasks / small))
  return [
    `INSERT INTO event_timeline (tenant_id, event_id, event_type, form, topic, source, trace_id, plan_id, task_id,
       session_id, sequence, attributes, data, bytes, occurred_at, received_at, ordinal)
     SELECT '${tenant}', 'event-' || e, 'execution.started', 'job', 'system-events', 'job',
       'trace-' || ${planOf("e")}, CASE WHEN e % 100 <> 0 THEN ${planOf("e")} END,
       CASE WHEN e % 100 <> 0 THEN ${taskOf("e")} END, 'session-' || ${planOf("e")}, e,
       '{}', '{"input": {"customer": "a customer of some name", "amount": 12}}', 60, ${at("e")}, ${at("e")}, e
     FROM generate_series(1, ${events}) AS e`,
    `INSERT INTO task_executions (tenant_id, task_id, plan_id, plan_key, event_type, origin_key, state, state_key,
       completed_at, error, agent_id, agent_key, delegation_group_id, group_key, trace_id, started_at, attempt,
       first_received_at, last_received_at)
     SELECT '${tenant}', 'task-' || t, ${planOf("f")}, '0' || t, 'continuous.job.execute', '0' || t, s, '1' || t,
       CASE WHEN s <> 'running' THEN ${at("l")} END, CASE WHEN s = 'failed' THEN '{"message": "no disk"}'::jsonb END,
       'job-' || t % ${jobs}, '1' || t, CASE WHEN t % 2 = 0 THEN 'group-' || t / 10 END, '0' || t,
       'trace-' || ${planOf("f")}, ${at("f")}, 1, ${at("f")}, ${at("l")}
     FROM generate_series(0, ${allTasks - 1}) AS t, LATERAL (SELECT ${first("t", tasks)} AS f, ${last("t", tasks)} AS l,
       CASE WHEN t % 20 = 0 THEN 'failed' WHEN t % 20 = 1 THEN 'running' ELSE 'completed' END AS s)`,
    `INSERT INTO state_transitions (tenant_id, event_id, task_id, plan_id, from_state, to_state, transitioned_at)
     SELECT '${tenant}', 'event-of-' || task_id, task_id, plan_id, 'pending', 'running', started_at FROM task_executions`,
    `INSERT INTO delegation_groups (tenant_id, group_id, parent_task_id, plan_id, total_tasks)
     SELECT DISTINCT ON (delegation_group_id) '${tenant}', delegation_group_id, task_id, plan_id, 10
     FROM task_executions WHERE delegation_group_id IS NOT NULL`,
    `INSERT INTO plan_executions (tenant_id, plan_id, job_name, job_type, first_at, started_at, session_id,
       parent_plan_id, goal_event, trace_id, trace_key, end_status, completed_at, end_key, next_run_at, next_run_key,
       sequences, has_gaps, first_received_at, last_received_at)
     SELECT '${tenant}', name, 'job-' || p % ${jobs}, 'continuous', ${at("f")}, ${at("f")}, 'session-' || name,
       CASE WHEN p >= 10 THEN 'plan-' || p / 10 END, 'goal', 'trace-' || name, '0' || p,
       CASE WHEN p % 10 <> 0 THEN 'completed' END, CASE WHEN p % 10 <> 0 THEN ${at("l")} END,
       CASE WHEN p % 10 <> 0 THEN '2' ELSE '' END, now(), '0' || p,
       int8multirange(int8range(CASE WHEN p % 100 = 7 THEN 2 ELSE 1 END, 9)), p % 100 = 7, ${at("f")}, ${at("l")}
     FROM generate_series(0, ${plans}) AS p, LATERAL (SELECT
       CASE WHEN p = ${plans} THEN 'plan-large' ELSE 'plan-' || p END AS name,
       CASE WHEN p = ${plans} THEN ${small + 1} ELSE ${first("p", plans)} END AS f,
       CASE WHEN p = ${plans} THEN ${events} ELSE ${last("p", plans)} END AS l)`,
    `INSERT INTO plan_executions (tenant_id, plan_id, first_at, started_at, first_received_at, last_received_at)
     SELECT '${tenant}', 'plan-wide-' || w, '${now}', '${now}', '${now}', '${now}'
     FROM generate_series(0, ${widePlans - 1}) AS w`,
    `INSERT INTO task_executions (tenant_id, task_id, plan_id, plan_key, event_type, origin_key, agent_id, agent_key,
       started_at, first_received_at, last_received_at)
     SELECT '${tenant}', 'wide-' || w || '-' || t, 'plan-wide-' || w, '0', 'work', '0', 'wide', '1', '${now}', '${now}', '${now}'
     FROM generate_series(0, ${widePlans - 1}) AS w, generate_series(1, 100) AS t`,
    `INSERT INTO trace_ranges (tenant_id, trace_id, first_received_at, last_received_at)
     SELECT '${tenant}', trace_id, first_received_at, last_received_at FROM plan_executions
     WHERE trace_id IS NOT NULL`,
    `INSERT INTO ingest_counts (tenant_id, slot, verdict, events) VALUES ('${tenant}', 0, 'accepted', ${events})`
  ]
}

/** The weeks that contain the rows, named like the server's partitions. */
const weeks = `SELECT 'event_timeline_' || to_char(monday, 'YYYYMMDD') AS name, monday::date::text AS from,
    (monday + interval '7 days')::date::text AS to
  FROM generate_series(date_trunc('week', $1::text::timestamptz AT TIME ZONE 'UTC' - interval '${days} days'),
    $1::text::timestamptz AT TIME ZONE 'UTC', interval '7 days') AS monday`

/** Fills a migrated database, partitions included, up to this instant. PostgreSQL has no statistics on it yet. */
export const fillTenant = Effect.fnUntraced(function*(tenant: string, filled: Filled, nowMs: number) {
  const sql = yield* SqlClient.SqlClient
  const now = new Date(nowMs).toISOString()
  for (const { from, name, to } of yield* sql.unsafe<{ name: string; from: string; to: string }>(weeks, [now])) {
    yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS ${name} PARTITION OF event_timeline
      FOR VALUES FROM ('${from}T00:00:00Z') TO ('${to}T00:00:00Z')`)
  }
  for (const statement of statements(tenant, filled, now)) yield* sql.unsafe(statement)
})

/** Gives PostgreSQL the statistics that it would collect by itself after a while. */
export const settle = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`VACUUM ANALYZE`)
