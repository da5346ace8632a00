import type { TaskState } from "@durable-effect/core"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { PlanStanding } from "../../query/timelineView.ts"
import { after, beginningOf, type StreamPosition } from "../../stream/position.ts"
import type { FeedEvent, FeedPage } from "../TimelineFeed.ts"
import { eventColumns, type EventRow, readEvent } from "./EventTimeline.ts"
import { textArray } from "./joins.ts"

/** What one statement goes through: enough for a few round trips a second at full load, little to hold. */
const pageEvents = 1_000
const pageBytes = 1024 * 1024

const order = "ORDER BY e.commit_xid, e.ordinal"

// One statement sees one snapshot: below its xmin no transaction will commit any more, so no event can come in there.
// A row by its key for each event (LIMIT keeps them apart): joined as a whole, all tasks there are would be read each time.
export const feedPageStatement = `WITH seen AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS frontier
  ), held AS MATERIALIZED (
    SELECT h.commit_xid FROM event_timeline h WHERE h.tenant_id = $1
    ORDER BY h.commit_xid DESC, h.ordinal DESC LIMIT 1
  ), found AS MATERIALIZED (
    SELECT e.*, (sum(e.bytes) OVER (${order}) - e.bytes < ${pageBytes}) AS fits FROM (
      SELECT e.* FROM event_timeline e
      WHERE e.tenant_id = $1 AND (e.commit_xid, e.ordinal) >= ($2::xid8, $3::int4)
        AND e.commit_xid < (SELECT frontier FROM seen)
      ${order} LIMIT ${pageEvents}
    ) AS e
  ), e AS MATERIALIZED (
    SELECT e.*, t.state AS task_state, t.plan_id AS task_plan_id, p.end_status
    FROM found e
    LEFT JOIN LATERAL (
      SELECT t.state, t.plan_id FROM task_executions t WHERE t.tenant_id = $1 AND t.task_id = e.task_id LIMIT 1
    ) AS t ON true
    LEFT JOIN LATERAL (
      SELECT p.end_status FROM plan_executions p
      WHERE p.tenant_id = $1 AND p.plan_id = coalesce(e.plan_id, t.plan_id) LIMIT 1
    ) AS p ON true
    WHERE e.fits AND ($4::text[] IS NULL OR e.plan_id = ANY($4) OR t.plan_id = ANY($4)
      OR (e.form = 'job' AND e.session_id = ANY($4)))
  )
  SELECT s.frontier::text AS frontier, f.scanned, f.fitting, f.last_position,
    coalesce(held.commit_xid >= s.frontier, false) AS is_held_back,
    e.task_state, e.task_plan_id, e.end_status, e.commit_xid::text AS commit_xid, e.ordinal, ${eventColumns}
  FROM seen s, LATERAL (
    SELECT count(*)::int4 AS scanned, (count(*) FILTER (WHERE fits))::int4 AS fitting,
      (SELECT l.commit_xid::text || '-' || l.ordinal FROM found l WHERE l.fits
        ORDER BY l.commit_xid DESC, l.ordinal DESC LIMIT 1) AS last_position
    FROM found
  ) AS f
  LEFT JOIN held ON true
  LEFT JOIN e ON true
  ${order}`

/** What is said once of a page stands in each of its rows; there is one without an event where there is none. */
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

/** A tenant's events from a place on, in the order of commits, as far as this order is settled. */
export const selectFeedPage = Effect.fnUntraced(function*(
  tenantId: string,
  from: StreamPosition,
  plans: ReadonlyArray<string> | null
) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.unsafe<PageRow>(feedPageStatement, [
    tenantId,
    String(from.transaction),
    from.ordinal,
    plans === null ? null : textArray(plans)
  ])
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

/** Where a tenant's oldest event is; none where it has no events. */
export const oldestPosition = Effect.fnUntraced(function*(tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ commit_xid: string }>`
    SELECT commit_xid::text AS commit_xid FROM event_timeline WHERE tenant_id = ${tenantId}
    ORDER BY commit_xid, ordinal LIMIT 1`
  return row === undefined ? undefined : beginningOf(BigInt(row.commit_xid))
})

/** The first transaction of which it is not settled yet what it says, and the first that has not begun. */
export const selectFrontier = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ frontier: string; next: string }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS frontier,
      pg_snapshot_xmax(pg_current_snapshot())::text AS next`
  return { frontier: BigInt(row?.frontier ?? 0), next: BigInt(row?.next ?? 0) }
})
