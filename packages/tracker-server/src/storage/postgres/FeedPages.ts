import type { TaskState } from "@durable-effect/core"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { PlanStanding } from "../../query/timelineView.ts"
import { after, beginningOf, type StreamPosition } from "../../stream/position.ts"
import type { FeedEvent, FeedPage } from "../TimelineFeed.ts"
import { eventColumns, type EventRow, readEvent } from "./EventTimeline.ts"
import { textArray } from "./joins.ts"

/**
 * Events per statement: enough that full load takes only a few round trips per second, yet little to hold in memory.
 */
const pageEvents = 1_000
const pageBytes = 1024 * 1024

const order = "ORDER BY e.commit_xid, e.ordinal"

// One statement sees one snapshot: no transaction below its xmin will commit any more, so no event can appear there. A
// transaction from its xmax on is of the database that a dump was restored from, and holds nothing back.
// Each task and plan is looked up once, in key order: only the index of the key has that order. Requested plans are
// looked up in a hash, which an array is not in a statement that is planned only once.
export const feedPageStatement = `WITH seen AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS frontier, pg_snapshot_xmax(pg_current_snapshot()) AS next
  ), held AS MATERIALIZED (
    SELECT h.commit_xid FROM event_timeline h
    WHERE h.tenant_id = $1 AND h.commit_xid < (SELECT next FROM seen)
    ORDER BY h.commit_xid DESC, h.ordinal DESC LIMIT 1
  ), found AS MATERIALIZED (
    SELECT e.*, (sum(e.bytes) OVER (${order}) - e.bytes < ${pageBytes}) AS fits FROM (
      SELECT e.* FROM event_timeline e
      WHERE e.tenant_id = $1 AND (e.commit_xid, e.ordinal) >= ($2::xid8, $3::int4)
        AND e.commit_xid < (SELECT frontier FROM seen)
      ${order} LIMIT ${pageEvents}
    ) AS e
  ), task AS MATERIALIZED (
    SELECT t.* FROM (SELECT DISTINCT task_id FROM found WHERE fits AND task_id IS NOT NULL) AS f, LATERAL (
      SELECT t.task_id, t.state, t.plan_id FROM task_executions t
      WHERE t.tenant_id = $1 AND t.task_id >= f.task_id ORDER BY t.task_id LIMIT 1
    ) AS t WHERE t.task_id = f.task_id
  ), asked AS MATERIALIZED (
    SELECT unnest($4::text[]) AS id
  ), e AS MATERIALIZED (
    SELECT f.*, t.state AS task_state, t.plan_id AS task_plan_id, coalesce(f.plan_id, t.plan_id) AS own_plan_id
    FROM found f LEFT JOIN task t ON t.task_id = f.task_id
    WHERE f.fits AND ($4::text[] IS NULL OR f.plan_id IN (SELECT id FROM asked) OR t.plan_id IN (SELECT id FROM asked)
      OR (f.form = 'job' AND f.session_id IN (SELECT id FROM asked)))
  ), plan AS MATERIALIZED (
    SELECT p.* FROM (SELECT DISTINCT own_plan_id FROM e WHERE own_plan_id IS NOT NULL) AS w, LATERAL (
      SELECT p.plan_id, p.end_status FROM plan_executions p
      WHERE p.tenant_id = $1 AND p.plan_id >= w.own_plan_id ORDER BY p.plan_id LIMIT 1
    ) AS p WHERE p.plan_id = w.own_plan_id
  )
  SELECT s.frontier::text AS frontier, f.scanned, f.fitting, f.last_position,
    coalesce(held.commit_xid >= s.frontier, false) AS is_held_back,
    e.task_state, e.task_plan_id, p.end_status, e.commit_xid::text AS commit_xid, e.ordinal, ${eventColumns}
  FROM seen s, LATERAL (
    SELECT count(*)::int4 AS scanned, (count(*) FILTER (WHERE fits))::int4 AS fitting,
      (SELECT l.commit_xid::text || '-' || l.ordinal FROM found l WHERE l.fits
        ORDER BY l.commit_xid DESC, l.ordinal DESC LIMIT 1) AS last_position
    FROM found
  ) AS f
  LEFT JOIN held ON true
  LEFT JOIN e ON true
  LEFT JOIN plan p ON p.plan_id = e.own_plan_id
  ${order}`

/**
 * Makes the planner read a page in index order and stop at its end, and look up everything else by key. Without
 * statistics, as for a week that has just begun, it would expect only a few rows to be left, and read and sort all of
 * them for each page; plans made while a table is empty last for minutes.
 */
export const inIndexOrder = `SELECT ${
  ["enable_seqscan", "enable_bitmapscan", "enable_sort", "jit"].map((name) => `set_config('${name}', 'off', true)`)
    .join(", ")
}`

/** Page-level values repeat in each row; an empty page has one row without an event. */
interface PageRow extends Omit<EventRow, "event_id"> {
  readonly frontier: string
  readonly scanned: number
  readonly fitting: number
  readonly last_position: string | null
  readonly is_held_back: boolean
  readonly task_state: TaskState | null
  readonly task_plan_id: string | null
  readonly end_status: PlanStanding["endStatus"]
  readonly commit_xid: string
  readonly ordinal: number
  readonly event_id: string | null
}

const readFeedEvent = (row: PageRow & { readonly event_id: string }): FeedEvent => {
  const planId = row.plan_id ?? row.task_plan_id
  const session = row.form === "job" ? row.session_id : null
  return {
    row: { ...readEvent(row), taskState: row.task_state },
    position: after(BigInt(row.commit_xid), row.ordinal),
    plan: planId === null ? null : { planId, endStatus: row.end_status },
    plans: [...new Set([row.plan_id, row.task_plan_id, session])].filter((id) => id !== null)
  }
}

const hasEvent = (row: PageRow): row is PageRow & { readonly event_id: string } => row.event_id !== null

const afterLast = (position: string): StreamPosition => {
  const [transaction = "", ordinal = ""] = position.split("-")
  return after(BigInt(transaction), Number(ordinal))
}

/** A tenant's events from a position on, in commit order, as far as this order is settled. */
export const selectFeedPage = Effect.fnUntraced(function*(
  tenantId: string,
  from: StreamPosition,
  plans: ReadonlyArray<string> | null
) {
  const sql = yield* SqlClient.SqlClient
  const page = sql.unsafe<PageRow>(feedPageStatement, [
    tenantId,
    String(from.transaction),
    from.ordinal,
    plans === null ? null : textArray(plans)
  ])
  // Sent together, in this order.
  const [, rows] = yield* Effect.all([sql.unsafe(inIndexOrder), page], { concurrency: "unbounded" })
  const head = rows[0]
  if (head === undefined) return yield* Effect.die(new Error("a page of the stream has no head"))
  const hasMore = head.fitting < head.scanned || head.scanned === pageEvents
  const frontier = beginningOf(BigInt(head.frontier))
  const answer: FeedPage = {
    events: rows.filter(hasEvent).map(readFeedEvent),
    next: hasMore && head.last_position !== null ? afterLast(head.last_position) : frontier,
    hasMore,
    isHeldBack: head.is_held_back
  }
  return answer
})

/** Position of a tenant's oldest event; none if it has no events. */
export const oldestPosition = Effect.fnUntraced(function*(tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ commit_xid: string }>`
    SELECT commit_xid::text AS commit_xid FROM event_timeline WHERE tenant_id = ${tenantId}
    ORDER BY commit_xid, ordinal LIMIT 1`
  return row === undefined ? undefined : beginningOf(BigInt(row.commit_xid))
})

/** The first transaction whose outcome is not settled yet, and the first that has not begun. */
export const selectFrontier = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ frontier: string; next: string }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS frontier,
      pg_snapshot_xmax(pg_current_snapshot())::text AS next`
  return { frontier: BigInt(row?.frontier ?? 0), next: BigInt(row?.next ?? 0) }
})
