import { compareBytes } from "../../projection/Fact.ts"
import type { PlanEnd, PlanExecution } from "../../projection/PlanExecution.ts"
import { missing, noSequences, type Sequences } from "../../projection/sequences.ts"
import {
  type Column,
  insertRows,
  insertStatement,
  joinColumn,
  joinFact,
  jsonText,
  readInstant,
  rowId
} from "./joins.ts"

/** In PostgreSQL's notation: upper bounds are exclusive. */
const multirange = (sequences: Sequences): string =>
  `{${sequences.map(({ from, to }) => `[${from},${to + 1})`).join(",")}}`

const columns: ReadonlyArray<Column<PlanExecution>> = [
  rowId,
  { name: "plan_id", type: "text", of: (plan) => plan.planId },
  { name: "known", type: "boolean", of: (plan) => plan.known },
  { name: "job_name", type: "text", of: (plan) => plan.jobName },
  { name: "job_type", type: "text", of: (plan) => plan.jobType },
  { name: "first_at", type: "timestamptz", of: (plan) => plan.firstAt },
  { name: "started_at", type: "timestamptz", of: (plan) => plan.startedAt },
  { name: "session_id", type: "text", of: (plan) => plan.session.value },
  { name: "session_key", type: "text", of: (plan) => plan.session.key },
  { name: "parent_plan_id", type: "text", of: (plan) => plan.parent.value },
  { name: "parent_key", type: "text", of: (plan) => plan.parent.key },
  { name: "goal_event", type: "text", of: (plan) => plan.goal.value },
  { name: "goal_key", type: "text", of: (plan) => plan.goal.key },
  { name: "trace_id", type: "text", of: (plan) => plan.trace.value },
  { name: "trace_key", type: "text", of: (plan) => plan.trace.key },
  { name: "end_status", type: "text", of: (plan) => plan.end.value?.status ?? null },
  { name: "completed_at", type: "timestamptz", of: (plan) => plan.end.value?.completedAt ?? null },
  { name: "result", type: "jsonb", of: (plan) => jsonText(plan.end.value?.result) },
  { name: "error", type: "jsonb", of: (plan) => jsonText(plan.end.value?.error) },
  { name: "end_key", type: "text", of: (plan) => plan.end.key },
  { name: "current_state", type: "text", of: (plan) => plan.currentState.value },
  { name: "current_state_key", type: "text", of: (plan) => plan.currentState.key },
  { name: "paused", type: "boolean", of: (plan) => plan.paused.value },
  { name: "paused_key", type: "text", of: (plan) => plan.paused.key },
  { name: "next_run_at", type: "timestamptz", of: (plan) => plan.nextRun.value },
  { name: "next_run_key", type: "text", of: (plan) => plan.nextRun.key },
  { name: "progress", type: "float8", of: (plan) => plan.progress.value },
  { name: "progress_key", type: "text", of: (plan) => plan.progress.key },
  { name: "sequences", type: "int8multirange", of: (plan) => multirange(plan.sequences) },
  { name: "has_gaps", type: "boolean", of: (plan) => missing(plan.sequences).length > 0 },
  { name: "first_received_at", type: "timestamptz", of: (plan) => plan.firstReceivedAt },
  { name: "last_received_at", type: "timestamptz", of: (plan) => plan.lastReceivedAt }
]

/**
 * Maximum bytes of the sequence numbers of one incarnation, some 4,000 gaps. With more, which no emitter produces, they
 * are dropped permanently: each event would rewrite all of them.
 */
const maxSequenceBytes = 65_536

const bothSequences = "t.sequences + excluded.sequences"
// A set without gaps is one range starting at 1. Unknown stays unknown: null with anything is null.
const joinSequences = `sequences = CASE WHEN isempty(excluded.sequences) THEN t.sequences
      WHEN pg_column_size(${bothSequences}) <= ${maxSequenceBytes} THEN ${bothSequences} END,
    has_gaps = CASE WHEN isempty(excluded.sequences) THEN t.has_gaps
      WHEN pg_column_size(${bothSequences}) <= ${maxSequenceBytes}
      THEN ${bothSequences} <> int8multirange(int8range(1, upper(${bothSequences}))) END`

// `mergePlan` in SQL.
const upsert = insertStatement(
  "plan_executions",
  columns,
  `ON CONFLICT (tenant_id, plan_id) DO UPDATE SET updated_at = now(), ${
    [
      joinColumn("OR", "known"),
      joinFact("earliest", "session_key", "session_id"),
      joinFact("earliest", "parent_key", "parent_plan_id"),
      joinFact("earliest", "goal_key", "goal_event"),
      joinFact("earliest", "trace_key", "trace_id"),
      joinFact("earliest", "end_key", "end_status", "completed_at", "result", "error"),
      joinFact("latest", "current_state_key", "current_state"),
      joinFact("latest", "paused_key", "paused"),
      joinFact("latest", "next_run_key", "next_run_at"),
      joinFact("latest", "progress_key", "progress"),
      joinSequences,
      joinColumn("LEAST", "job_name", "job_type", "first_at", "started_at", "first_received_at"),
      joinColumn("GREATEST", "last_received_at")
    ].join(", ")
  }`
)

/** Merges what new events say into the rows, ordered by id, so that two batches never deadlock. */
export const upsertPlans = (tenantId: string, plans: Iterable<PlanExecution>) =>
  insertRows(upsert, columns, tenantId, [...plans].sort((left, right) => compareBytes(left.planId, right.planId)))

/** A row selected by `planColumns`. */
export interface PlanRow {
  readonly plan_id: string
  readonly job_name: string | null
  readonly job_type: string | null
  readonly first_at: string | null
  readonly started_at: string | null
  readonly session_id: string | null
  readonly session_key: string
  readonly parent_plan_id: string | null
  readonly parent_key: string
  readonly goal_event: string | null
  readonly goal_key: string
  readonly trace_id: string | null
  readonly trace_key: string
  readonly end_status: PlanEnd["status"] | null
  readonly completed_at: string | null
  readonly error: unknown
  readonly end_key: string
  readonly current_state: string | null
  readonly current_state_key: string
  readonly paused: boolean | null
  readonly paused_key: string
  readonly next_run_at: string | null
  readonly next_run_key: string
  readonly progress: number | null
  readonly progress_key: string
  readonly first_received_at: string
  readonly last_received_at: string
}

/** The select list of a plan `p`, without its result, which can be large and which no response shows. */
export const planColumns = [
  "p.plan_id, p.job_name, p.job_type, p.session_id, p.session_key, p.parent_plan_id, p.parent_key",
  "p.goal_event, p.goal_key, p.trace_id, p.trace_key, p.end_status, p.error, p.end_key",
  "p.current_state, p.current_state_key, p.paused, p.paused_key, p.next_run_key, p.progress, p.progress_key",
  ...["first_at", "started_at", "completed_at", "next_run_at", "first_received_at", "last_received_at"].map((column) =>
    readInstant(`p.${column}`, column)
  )
].join(", ")

/** `planBegin` and `planStatus` of a plan `p`, word for word as they are indexed. */
export const planBegin = "CASE WHEN p.started_at IS NULL THEN p.first_at ELSE p.started_at END"
export const planStatus =
  "CASE WHEN p.end_status IS NOT NULL THEN p.end_status WHEN p.paused THEN 'paused' ELSE 'running' END"
export const newestFirst = `ORDER BY ${planBegin} DESC, p.plan_id DESC`

/** Bytes of a plan `p`'s variable-size parts. */
export const planBytes = "coalesce(octet_length(p.error::text), 0)"

/**
 * The plan with the id `$2`; otherwise, for a job instance with that id, its newest incarnation. A plan that is itself
 * one of the instance's incarnations, as with emitters that predate incarnations, is just one of them.
 */
export const planById = `SELECT * FROM (
    (SELECT 0 AS rank, p.* FROM plan_executions p
      WHERE p.tenant_id = $1 AND p.plan_id = $2 AND p.known
        AND NOT (p.job_name IS NOT NULL AND coalesce(p.session_id = $2, false)))
    UNION ALL
    (SELECT 1 AS rank, p.* FROM plan_executions p
      WHERE p.tenant_id = $1 AND p.session_id = $2 AND p.known AND p.job_name IS NOT NULL
      ${newestFirst} LIMIT 1)
  ) AS found ORDER BY rank LIMIT 1`

/** The plans with the ids `$2`, an array; by index, whatever the planner thinks of their number. */
export const plansByIds = `SELECT p.* FROM unnest($2::text[]) AS k(plan_id), LATERAL (
    SELECT p.* FROM plan_executions p WHERE p.tenant_id = $1 AND p.plan_id = k.plan_id AND p.known OFFSET 0
  ) AS p`

export const readPlan = (row: PlanRow): PlanExecution => ({
  planId: row.plan_id,
  known: true,
  jobName: row.job_name,
  jobType: row.job_type,
  firstAt: row.first_at,
  startedAt: row.started_at,
  session: { key: row.session_key, value: row.session_id },
  parent: { key: row.parent_key, value: row.parent_plan_id },
  goal: { key: row.goal_key, value: row.goal_event },
  trace: { key: row.trace_key, value: row.trace_id },
  end: {
    key: row.end_key,
    value: row.end_status === null || row.completed_at === null
      ? null
      : { status: row.end_status, completedAt: row.completed_at, result: null, error: row.error }
  },
  currentState: { key: row.current_state_key, value: row.current_state },
  paused: { key: row.paused_key, value: row.paused },
  nextRun: { key: row.next_run_key, value: row.next_run_at },
  progress: { key: row.progress_key, value: row.progress },
  sequences: noSequences,
  firstReceivedAt: row.first_received_at,
  lastReceivedAt: row.last_received_at
})
