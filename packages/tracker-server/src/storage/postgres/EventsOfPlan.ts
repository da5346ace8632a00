import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { keyColumns, type KeyRow, readKey } from "./EventTimeline.ts"

/** The columns that `keyColumns` reads, of an event `e`. */
const key = "e.event_id, e.occurred_at, e.received_at, e.parent_event_id, e.sequence, e.bytes"

// There are three ways to belong to a plan, none of which finds an event twice. Each searches only the time range in
// which its events can have arrived, and a task's or trace's events by their index, whatever the planner thinks of a
// plan with many tasks: it would rather read all events of all plans. If the events that name the plan fill the page,
// nothing later is read: a task's events are mostly the same ones, and a page costs the same wherever it begins.
const keysOfPlan = (comparison: ">=" | ">") => {
  const first =
    `e.occurred_at ${comparison} $4::timestamptz ORDER BY e.occurred_at FETCH FIRST ($5::bigint) ROWS WITH TIES`
  const untilEnd = `e.occurred_at <= (SELECT own_end.at FROM own_end) AND ${first}`
  return `WITH own AS MATERIALIZED (
    SELECT ${key} FROM event_timeline e
    WHERE e.tenant_id = $1 AND e.plan_id = $2
      AND e.received_at BETWEEN $6::timestamptz AND $7::timestamptz AND ${first}
  ), own_end AS MATERIALIZED (
    SELECT CASE WHEN count(*) < $5::bigint THEN 'infinity' ELSE max(own.occurred_at) END AS at FROM own
  ), found AS (
    SELECT ${key} FROM own e
    UNION ALL
    (SELECT ${key} FROM task_executions t, LATERAL (
        SELECT ${key} FROM event_timeline e
        WHERE e.tenant_id = $1 AND e.task_id = t.task_id AND e.plan_id IS DISTINCT FROM $2
          AND e.received_at BETWEEN t.first_received_at AND t.last_received_at AND ${untilEnd}
      ) AS e
      WHERE t.tenant_id = $1 AND t.plan_id = $2 AND t.known)
    UNION ALL
    (SELECT ${key} FROM trace_ranges r, LATERAL (
        SELECT ${key} FROM event_timeline e
        WHERE e.tenant_id = $1 AND e.trace_id = r.trace_id AND e.plan_id IS NULL AND e.task_id IS NULL
          AND e.received_at BETWEEN r.first_received_at AND r.last_received_at AND ${untilEnd}
      ) AS e
      WHERE r.tenant_id = $1 AND r.trace_id = $3)
  )
  SELECT ${keyColumns} FROM (SELECT ${key} FROM found e WHERE ${first}) AS e
  ORDER BY e.occurred_at, e.sequence, e.event_id OFFSET $8::bigint LIMIT $9::bigint`
}

const keysFrom = keysOfPlan(">=")
const keysAfter = keysOfPlan(">")

/** Which events of a timeline are meant. */
interface KeyRange {
  readonly from: string
  /** Leaves out those of the instant `from`. Default: they are the first. */
  readonly isAfter?: boolean
  /** So many, and all that share the last one's instant. */
  readonly count: number
  /** Of these, how many are passed over. Default: none. */
  readonly skip?: number
  /** Of the rest, how many at most. */
  readonly most: number
}

/**
 * The plan's events from an instant on, without payloads: the first `count`, plus all others at the last one's instant.
 */
export const selectKeys = (
  tenantId: string,
  plan: {
    readonly planId: string
    readonly traceId: string | null
    readonly firstReceivedAt: string
    readonly lastReceivedAt: string
  },
  { count, from, isAfter = false, most, skip = 0 }: KeyRange
) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<KeyRow>(isAfter ? keysAfter : keysFrom, [
        tenantId,
        plan.planId,
        plan.traceId,
        from,
        count,
        plan.firstReceivedAt,
        plan.lastReceivedAt,
        skip,
        most
      ]),
      (rows) => rows.map(readKey)
    ))
