import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"
import { enableTenantPolicy } from "./tenantPolicy.ts"

/** Ids compare as bytes everywhere. 255 bytes is what an id may have. */
const id = (name: string, constraint = "") =>
  `${name} text COLLATE "C" ${constraint} CHECK (octet_length(${name}) BETWEEN 1 AND 255)`
/** Decides between two events that speak of the same field; empty where none has spoken. */
const key = (name: string) => `${name} text COLLATE "C" NOT NULL DEFAULT ''`

const taskStates = "('pending', 'running', 'delegated', 'waiting', 'completed', 'failed', 'cancelled')"
const taskEnds = "('completed', 'failed', 'cancelled')"

const taskExecutions = [
  `CREATE TABLE task_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    ${id("task_id", "NOT NULL")},
    known boolean NOT NULL DEFAULT true,
    ${id("plan_id")},
    ${key("plan_key")},
    event_type text COLLATE "C" NOT NULL CHECK (octet_length(event_type) BETWEEN 1 AND 600),
    data jsonb NOT NULL DEFAULT '{}',
    trace_id text COLLATE "C",
    parent_event_id text COLLATE "C",
    ${key("origin_key")},
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ${taskStates}),
    completed_at timestamptz,
    result jsonb,
    error jsonb,
    state_message text,
    ${key("state_key")},
    progress float8 CHECK (progress >= 0 AND progress <= 1),
    ${key("progress_key")},
    message text,
    ${key("message_key")},
    agent_id text COLLATE "C",
    ${key("agent_key")},
    deadline timestamptz,
    ${key("deadline_key")},
    retry_at timestamptz,
    ${key("retry_key")},
    delegation_group_id text COLLATE "C",
    ${key("group_key")},
    started_at timestamptz,
    attempt bigint CHECK (attempt >= 1),
    first_received_at timestamptz NOT NULL DEFAULT now(),
    last_received_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, task_id),
    CONSTRAINT completed_at_when_ended CHECK ((completed_at IS NOT NULL) = (state IN ${taskEnds})),
    CHECK (first_received_at <= last_received_at)
  )`,
  "CREATE INDEX task_executions_plan_idx ON task_executions (tenant_id, plan_id)",
  "CREATE INDEX task_executions_trace_idx ON task_executions (tenant_id, trace_id)",
  "CREATE INDEX task_executions_state_idx ON task_executions (tenant_id, state)",
  "CREATE INDEX task_executions_agent_idx ON task_executions (tenant_id, agent_id, started_at)",
  `CREATE INDEX task_executions_group_idx ON task_executions (tenant_id, delegation_group_id)
    WHERE delegation_group_id IS NOT NULL`
]

const planExecutions = [
  `CREATE TABLE plan_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    ${id("plan_id", "NOT NULL")},
    known boolean NOT NULL DEFAULT true,
    job_name text COLLATE "C",
    job_type text COLLATE "C",
    first_at timestamptz,
    started_at timestamptz,
    session_id text COLLATE "C",
    ${key("session_key")},
    parent_plan_id text COLLATE "C",
    ${key("parent_key")},
    goal_event text,
    ${key("goal_key")},
    trace_id text COLLATE "C",
    ${key("trace_key")},
    end_status text CHECK (end_status IN ${taskEnds}),
    completed_at timestamptz,
    result jsonb,
    error jsonb,
    ${key("end_key")},
    current_state text,
    ${key("current_state_key")},
    paused boolean,
    ${key("paused_key")},
    next_run_at timestamptz,
    ${key("next_run_key")},
    progress float8 CHECK (progress >= 0),
    ${key("progress_key")},
    first_received_at timestamptz NOT NULL DEFAULT now(),
    last_received_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, plan_id),
    CONSTRAINT completed_at_when_ended CHECK ((completed_at IS NOT NULL) = (end_status IS NOT NULL)),
    CHECK (first_received_at <= last_received_at)
  )`,
  "CREATE INDEX plan_executions_session_idx ON plan_executions (tenant_id, session_id, first_at DESC, plan_id DESC)",
  `CREATE INDEX plan_executions_parent_idx ON plan_executions (tenant_id, parent_plan_id)
    WHERE parent_plan_id IS NOT NULL`,
  "CREATE INDEX plan_executions_newest_idx ON plan_executions (tenant_id, first_at DESC, plan_id DESC)"
]

const stateTransitions = [
  `CREATE TABLE state_transitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    ${id("event_id", "NOT NULL")},
    ${id("task_id", "NOT NULL")},
    ${id("plan_id")},
    from_state text NOT NULL CHECK (from_state IN ${taskStates}),
    to_state text NOT NULL CHECK (to_state IN ${taskStates}),
    reason text,
    transitioned_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, event_id)
  )`,
  "CREATE INDEX state_transitions_task_idx ON state_transitions (tenant_id, task_id, transitioned_at)"
]

const eventTimeline = [
  // Event times run from year 1 to 9999 and an id may come again with another time: neither can be the partition's key.
  `CREATE TABLE event_timeline (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    ${id("event_id", "NOT NULL")},
    ${id("event_type", "NOT NULL")},
    form text NOT NULL CHECK (form IN ('job', 'envelope', 'workflow')),
    topic text COLLATE "C",
    source text COLLATE "C",
    trace_id text COLLATE "C",
    parent_event_id text COLLATE "C",
    correlation_id text COLLATE "C",
    plan_id text COLLATE "C",
    task_id text COLLATE "C",
    session_id text COLLATE "C",
    sequence bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    attributes jsonb NOT NULL DEFAULT '{}',
    data jsonb DEFAULT '{}',
    bytes integer NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    request_trace_id text,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    commit_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    ordinal integer NOT NULL DEFAULT 0,
    PRIMARY KEY (id, received_at),
    UNIQUE (tenant_id, event_id, received_at)
  ) PARTITION BY RANGE (received_at)`,
  // Catches what no other partition covers, so that a clock far off loses nothing.
  "CREATE TABLE event_timeline_default PARTITION OF event_timeline DEFAULT",
  "CREATE INDEX event_timeline_trace_idx ON event_timeline (tenant_id, trace_id, occurred_at)",
  "CREATE INDEX event_timeline_correlation_idx ON event_timeline (tenant_id, correlation_id)",
  "CREATE INDEX event_timeline_plan_idx ON event_timeline (tenant_id, plan_id, occurred_at)",
  "CREATE INDEX event_timeline_task_idx ON event_timeline (tenant_id, task_id, occurred_at)",
  `CREATE INDEX event_timeline_loose_idx ON event_timeline (tenant_id, trace_id, occurred_at)
    WHERE plan_id IS NULL AND task_id IS NULL`,
  "CREATE INDEX event_timeline_position_idx ON event_timeline (tenant_id, commit_xid, ordinal)"
]

const agentMetrics = [
  `CREATE TABLE agent_metrics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    ${id("agent_id", "NOT NULL")},
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    total_tasks integer NOT NULL DEFAULT 0 CHECK (total_tasks >= 0),
    completed_tasks integer NOT NULL DEFAULT 0 CHECK (completed_tasks >= 0),
    failed_tasks integer NOT NULL DEFAULT 0 CHECK (failed_tasks >= 0),
    avg_duration_seconds float8,
    success_rate float8 CHECK (success_rate >= 0 AND success_rate <= 1),
    UNIQUE (tenant_id, agent_id, period_start),
    CHECK (period_start < period_end)
  )`,
  `CREATE INDEX agent_metrics_agent_period_idx ON agent_metrics (tenant_id, agent_id, period_start DESC)`
]

const small = [
  // A unique index of a partitioned table must contain the partition's key, so the ids have a table of their own.
  `CREATE TABLE event_ids (
    tenant_id text NOT NULL,
    ${id("event_id", "NOT NULL")},
    body_sha256 bytea NOT NULL CHECK (octet_length(body_sha256) = 32),
    received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, event_id)
  )`,
  // Rows come in the order of this column, so the smallest of indexes finds what retention lets go of.
  "CREATE INDEX event_ids_received_idx ON event_ids USING brin (received_at)",
  `CREATE TABLE trace_ranges (
    tenant_id text NOT NULL,
    ${id("trace_id", "NOT NULL")},
    first_received_at timestamptz NOT NULL,
    last_received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, trace_id),
    CHECK (first_received_at <= last_received_at)
  )`,
  `CREATE TABLE delegation_groups (
    tenant_id text NOT NULL,
    ${id("group_id", "NOT NULL")},
    ${id("parent_task_id", "NOT NULL")},
    ${id("plan_id")},
    total_tasks bigint CHECK (total_tasks >= 0),
    ${key("start_key")},
    PRIMARY KEY (tenant_id, group_id)
  )`,
  `CREATE TABLE rejected_events (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    event_id text COLLATE "C",
    code text NOT NULL,
    detail text NOT NULL,
    body text,
    content_sha256 bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    received_at timestamptz NOT NULL,
    UNIQUE (tenant_id, content_sha256)
  )`,
  `CREATE TABLE tracker_losses (
    tenant_id text NOT NULL,
    ${id("tracker", "NOT NULL")},
    ${id("service_key", "NOT NULL")},
    ${id("reason", "NOT NULL")},
    lost_events bigint NOT NULL CHECK (lost_events >= 0),
    PRIMARY KEY (tenant_id, tracker, service_key, reason)
  )`,
  "CREATE INDEX rejected_events_received_idx ON rejected_events (tenant_id, received_at)"
]

const tables = [
  "task_executions",
  "plan_executions",
  "state_transitions",
  "event_timeline",
  "agent_metrics",
  "event_ids",
  "trace_ranges",
  "delegation_groups",
  "rejected_events",
  "tracker_losses"
]

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const statements = [taskExecutions, planExecutions, stateTransitions, eventTimeline, agentMetrics, small].flat()
  yield* Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
  yield* Effect.forEach(tables, enableTenantPolicy, { discard: true })
})

/** Events, what they say of tasks and plans, and what was refused. */
export const tracking: Migration = { id: 2, name: "tracking", up }
