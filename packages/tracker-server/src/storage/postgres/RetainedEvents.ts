import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TrackedEvent } from "../../ingest/IncomingEvent.ts"
import type { Reception } from "../../projection/Reception.ts"
import { eventColumns, type EventRow, readEvent } from "./EventTimeline.ts"

/** An event of the timeline as it arrived. */
export interface RetainedEvent {
  readonly event: TrackedEvent
  readonly reception: Reception
}

/** A position in a tenant's timeline, in the order of its commit index. */
interface Place {
  readonly commitXid: string
  readonly ordinal: number
  readonly eventId: string
}

/**
 * Which events to read: all up to a transaction, or those visible to one snapshot but not to an earlier one. Snapshots
 * reveal late committers, which no serial number and no clock does.
 */
export type EventRange =
  | { readonly upTo: string }
  | { readonly seenBy: string; readonly notBy: string }

const beginning: Place = { commitXid: "0", ordinal: 0, eventId: "" }

const pageEvents = 1_000
const pageBytes = 8 * 1024 * 1024

const order = "ORDER BY e.commit_xid, e.ordinal, e.event_id"

/** A page limited by number of events and bytes, with at least one event. */
const page = (range: string) =>
  `SELECT ${eventColumns}, e.request_trace_id, e.commit_xid::text AS commit_xid, e.ordinal
  FROM (
    SELECT e.*, sum(e.bytes) OVER (${order} ROWS UNBOUNDED PRECEDING) AS bytes_so_far FROM (
      SELECT e.* FROM event_timeline e
      WHERE e.tenant_id = $1 AND (e.commit_xid, e.ordinal, e.event_id) > ($2::xid8, $3::int4, $4::text COLLATE "C") AND ${range}
      ${order} LIMIT ${pageEvents}
    ) AS e
  ) AS e
  WHERE e.bytes_so_far - e.bytes < ${pageBytes} ${order}`

const pageUpTo = page("e.commit_xid <= $5::xid8")
// The first two conditions restate the other two for the index. A restored dump contains transactions of its origin,
// which this database's snapshots have not seen yet or saw long ago: they are not between any two snapshots.
const pageBetween = page(
  `e.commit_xid >= pg_snapshot_xmin($6::pg_snapshot) AND e.commit_xid < pg_snapshot_xmax($5::pg_snapshot)
        AND pg_visible_in_snapshot(e.commit_xid, $5::pg_snapshot)
        AND NOT pg_visible_in_snapshot(e.commit_xid, $6::pg_snapshot)`
)

interface PageRow extends EventRow {
  readonly request_trace_id: string | null
  readonly commit_xid: string
  readonly ordinal: number
}

const selectPage = Effect.fnUntraced(function*(tenantId: string, range: EventRange, after: Place) {
  const sql = yield* SqlClient.SqlClient
  const place = [tenantId, after.commitXid, after.ordinal, after.eventId]
  return yield* "upTo" in range
    ? sql.unsafe<PageRow>(pageUpTo, [...place, range.upTo])
    : sql.unsafe<PageRow>(pageBetween, [...place, range.seenBy, range.notBy])
})

/**
 * Passes a tenant's events of a range to `use`, page by page; returns how many there were. Requires the owner's rights.
 */
export const forEachPage = Effect.fnUntraced(function*<E, R>(
  tenantId: string,
  range: EventRange,
  use: (events: ReadonlyArray<RetainedEvent>) => Effect.Effect<void, E, R>
) {
  let events = 0
  let place = beginning
  while (true) {
    const rows = yield* selectPage(tenantId, range, place)
    const last = rows.at(-1)
    if (last === undefined) return events
    yield* use(rows.map((row) => {
      const { receivedAt, ...event } = readEvent(row)
      return { event, reception: { receivedAt, requestTraceId: row.request_trace_id } }
    }))
    events += rows.length
    place = { commitXid: last.commit_xid, ordinal: last.ordinal, eventId: last.event_id }
  }
})

/** The snapshot of the running statement; inside a repeatable-read transaction, the transaction's own. */
export const currentSnapshot = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ snapshot } = { snapshot: "" }] = yield* sql<{ snapshot: string }>`
    SELECT pg_current_snapshot()::text AS snapshot`
  return snapshot
})

/** Number of a tenant's events, and the last transaction among them. */
export const extentOf = Effect.fnUntraced(function*(tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ events: number; last: string | null }>`
    SELECT count(*)::float8 AS events, (
      SELECT e.commit_xid::text FROM event_timeline e WHERE e.tenant_id = ${tenantId} ORDER BY e.commit_xid DESC LIMIT 1
    ) AS last
    FROM event_timeline WHERE tenant_id = ${tenantId}`
  return { events: row?.events ?? 0, last: row?.last ?? null }
})

/** All tenants with events, by name: one index lookup per tenant. */
export const tenantsWithEvents = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ tenant_id: string }>`
    WITH RECURSIVE found AS (
      (SELECT tenant_id FROM event_timeline ORDER BY tenant_id LIMIT 1)
      UNION ALL
      SELECT (SELECT e.tenant_id FROM event_timeline e WHERE e.tenant_id > f.tenant_id ORDER BY e.tenant_id LIMIT 1)
      FROM found f WHERE f.tenant_id IS NOT NULL
    ) SELECT tenant_id FROM found WHERE tenant_id IS NOT NULL ORDER BY tenant_id`
  return rows.map(({ tenant_id }) => tenant_id)
})
