import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError } from "effect/sql/SqlError"
import { sqlState } from "../../../src/storage/postgres/sqlFailure.ts"

/** SQL of a column's value. */
type Values = { readonly [column: string]: string }

const text = (value: string) => `'${value}'`
const long = (bytes: number) => `repeat('x', ${bytes})`
const [early, late] = ["'2026-01-01T00:00:00Z'", "'2026-01-02T00:00:00Z'"]

/** A row of each table that can be. */
const rows = {
  task_executions: { tenant_id: text("t"), task_id: text("task"), event_type: text("x") },
  plan_executions: { tenant_id: text("t"), plan_id: text("plan") },
  state_transitions: {
    tenant_id: text("t"),
    event_id: text("e"),
    task_id: text("task"),
    from_state: text("pending"),
    to_state: text("running")
  },
  event_timeline: {
    tenant_id: text("t"),
    event_id: text("e"),
    event_type: text("x"),
    form: text("job"),
    occurred_at: early
  },
  agent_metrics: { tenant_id: text("t"), agent_id: text("agent"), period_start: early, period_end: late },
  event_ids: { tenant_id: text("t"), event_id: text("e"), body_sha256: "sha256('')", received_at: early },
  trace_ranges: { tenant_id: text("t"), trace_id: text("trace"), first_received_at: early, last_received_at: late },
  delegation_groups: { tenant_id: text("t"), group_id: text("group"), parent_task_id: text("task") },
  rejected_events: {
    tenant_id: text("t"),
    code: text("too_deep"),
    detail: text(""),
    content_sha256: "sha256('')",
    received_at: early
  },
  tracker_losses: {
    tenant_id: text("t"),
    tracker: text("a"),
    service_key: text("s"),
    reason: text("overflow"),
    lost_events: "1"
  },
  ingest_counts: { tenant_id: text("t"), slot: "0", verdict: text("accepted"), events: "1" },
  api_keys: {
    id: text("key"),
    tenant_id: text("t"),
    name: text(""),
    secret_sha256: "sha256('')",
    scopes: "ARRAY['ingest']"
  },
  retention_mark: { dropped_before: early }
} satisfies { readonly [table: string]: Values }

type Table = keyof typeof rows

/** What makes a row of a table impossible. */
const impossible: ReadonlyArray<readonly [table: Table, wrong: Values]> = [
  ...ids("task_executions", "task_id", "plan_id"),
  ["task_executions", { event_type: text("") }],
  ["task_executions", { event_type: long(601) }],
  ["task_executions", { state: text("done") }],
  ["task_executions", { state: text("completed") }],
  ["task_executions", { state: text("running"), completed_at: early }],
  ["task_executions", { progress: "1.01" }],
  ["task_executions", { progress: "-0.01" }],
  ["task_executions", { progress: "'NaN'" }],
  ["task_executions", { attempt: "0" }],
  ["task_executions", { first_received_at: late, last_received_at: early }],
  ...ids("plan_executions", "plan_id"),
  ["plan_executions", { end_status: text("running"), completed_at: early }],
  ["plan_executions", { end_status: text("failed") }],
  ["plan_executions", { completed_at: early }],
  ["plan_executions", { progress: "-1" }],
  ["plan_executions", { first_received_at: late, last_received_at: early }],
  ...ids("state_transitions", "event_id", "task_id", "plan_id"),
  ["state_transitions", { from_state: text("begun") }],
  ["state_transitions", { to_state: text("done") }],
  ...ids("event_timeline", "event_id", "event_type"),
  ["event_timeline", { form: text("cloud") }],
  ["event_timeline", { sequence: "-1" }],
  ["event_timeline", { bytes: "-1" }],
  ...ids("agent_metrics", "agent_id"),
  ["agent_metrics", { total_tasks: "-1" }],
  ["agent_metrics", { completed_tasks: "-1" }],
  ["agent_metrics", { failed_tasks: "-1" }],
  ["agent_metrics", { success_rate: "1.5" }],
  ["agent_metrics", { period_end: early }],
  ...ids("event_ids", "event_id"),
  ["event_ids", { body_sha256: "'short'" }],
  ...ids("trace_ranges", "trace_id"),
  ["trace_ranges", { first_received_at: late, last_received_at: early }],
  ...ids("delegation_groups", "group_id", "parent_task_id", "plan_id"),
  ["delegation_groups", { total_tasks: "-1" }],
  ["rejected_events", { content_sha256: "'short'" }],
  ...ids("tracker_losses", "tracker", "service_key", "reason"),
  ["tracker_losses", { lost_events: "-1" }],
  ["ingest_counts", { events: "-1" }],
  ...ids("api_keys", "tenant_id"),
  ["api_keys", { secret_sha256: "'short'" }],
  ["api_keys", { scopes: "ARRAY[]::text[]" }],
  ["api_keys", { scopes: "ARRAY['ingest', 'owner']" }],
  ["retention_mark", { only_row: "false" }]
]

const tables = new Set(impossible.map(([table]) => table))

/** An id has 1 to 255 bytes, not characters. */
function ids(table: Table, ...columns: ReadonlyArray<string>): ReadonlyArray<readonly [Table, Values]> {
  return columns.flatMap((column) => [
    [table, { [column]: text("") }] as const,
    [table, { [column]: "repeat('é', 128)" }] as const
  ])
}

const insert = (table: Table, wrong: Values = {}) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => {
    const values: Values = { ...rows[table], ...wrong }
    return sql.unsafe(
      `INSERT INTO ${table} (${Object.keys(values).join(", ")}) VALUES (${Object.values(values).join(", ")})`
    )
  })

/** The constraint that PostgreSQL names in its refusal. */
const refusedBy = (error: unknown) => {
  const cause = isSqlError(error) && sqlState(error) === "23514" ? error.reason.cause : undefined
  return typeof cause === "object" && cause !== null && "constraint" in cause ? String(cause.constraint) : undefined
}

describe("an impossible row", () => {
  it.live("is refused by its table, whichever constraint there is", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const seen = new Set<string>()
      for (const [table, wrong] of impossible) {
        const error = yield* Effect.flip(insert(table, wrong))
        const constraint = refusedBy(error)
        assert.isDefined(constraint, `${table} ${JSON.stringify(wrong)}: ${String(error)}`)
        seen.add(`${table} ${constraint}`)
      }
      for (const table of tables) {
        yield* insert(table)
      }
      const all = yield* sql<{ name: string }>`
        SELECT conrelid::regclass::text || ' ' || conname::text AS name FROM pg_constraint
        WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND coninhcount = 0 ORDER BY 1`
      assert.deepStrictEqual([...seen].sort(), all.map(({ name }) => name).sort())
    }).pipe(Effect.provide(layerFreshPostgres)))
})
