import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { hash } from "node:crypto"
import type { RejectionCode } from "../../api/views.ts"
import type { Rejected } from "../../ingest/Rejected.ts"
import type { RejectedPage, RejectedPageRequest } from "../RejectedStore.ts"
import { type Column, insertRows, insertStatement, readInstant, textArray } from "./joins.ts"
import type { Statement } from "./Statement.ts"
import { allowWritesOnlyIf } from "./writes.ts"

/** A rejected event, and when it was received. */
export interface NewRejected extends Rejected {
  readonly receivedAt: string
}

interface Row extends NewRejected {
  readonly contentHash: Uint8Array
}

const columns: ReadonlyArray<Column<Row>> = [
  { name: "event_id", type: "text", of: (row) => row.eventId },
  { name: "code", type: "text", of: (row) => row.code },
  { name: "detail", type: "text", of: (row) => row.detail },
  { name: "body", type: "text", of: (row) => row.body },
  { name: "content_sha256", type: "bytea", of: (row) => row.contentHash },
  { name: "received_at", type: "timestamptz", of: (row) => row.receivedAt }
]

const week = (instant: string) => `date_trunc('week', ${instant} AT TIME ZONE 'UTC')`

// A client that sends the same bad event over and over must not fill the disk, nor must what it sent today go with what
// it sent long ago: retention goes by weeks.
const onConflict = "ON CONFLICT (tenant_id, content_sha256) DO"
const insertReceived = insertStatement(
  "rejected_events",
  columns,
  `${onConflict} UPDATE SET received_at = excluded.received_at
    WHERE ${week("excluded.received_at")} > ${week("t.received_at")}`
)

// Nobody has sent it again.
const insertKept = insertStatement("rejected_events", columns, `${onConflict} NOTHING`)

/** Each event once, in the order of the unique index, so that two batches never deadlock. */
const rowsOf = (rejected: ReadonlyArray<NewRejected>): ReadonlyArray<Row> => {
  const rows = new Map<string, Row>()
  for (const one of rejected) {
    const contentHash = hash("sha256", JSON.stringify([one.code, one.eventId, one.body]), "buffer")
    const name = contentHash.toString("hex")
    if (!rows.has(name)) rows.set(name, { ...one, contentHash })
  }
  return [...rows].sort(([left], [right]) => left < right ? -1 : 1).map(([, row]) => row)
}

/** Stores rejected events with their reason. One that is there already counts as received again, by the week. */
export const insertRejected = (tenantId: string, rejected: ReadonlyArray<NewRejected>) =>
  insertRows(insertReceived, columns, tenantId, rowsOf(rejected))

/** `insertRejected` for events that a replay has rejected again: those that are there already keep their age. */
export const insertReplayed = (tenantId: string, rejected: ReadonlyArray<NewRejected>) =>
  insertRows(insertKept, columns, tenantId, rowsOf(rejected))

interface StoredRow {
  readonly id: string
  readonly event_id: string | null
  readonly code: RejectionCode
  readonly detail: string
  readonly body: string | null
  readonly received_at: string
  /** Number of rows from here on, counted up to one more than a page may have. */
  readonly total: number
}

// Bodies are measured before they are read: one event may be as large as a request.
const pageStatement = (comparison: ">" | "<", direction: "ASC" | "DESC") =>
  `SELECT id::text, event_id, code, detail, body, total::float8 AS total, ${readInstant("received_at", "received_at")}
  FROM (
    SELECT r.*, count(*) OVER () AS total, row_number() OVER so_far AS place, sum(octet_length(r.body)) OVER so_far AS bytes
    FROM (
      SELECT id, event_id, code, detail, body, received_at FROM rejected_events
      WHERE tenant_id = $1 AND ($2::text IS NULL OR code = $2)
        AND ($3::text IS NULL OR (received_at, id) ${comparison} ($3::text::timestamptz, $4::text::uuid))
        AND ($5::text IS NULL OR received_at <= $5::text::timestamptz)
      ORDER BY received_at ${direction}, id ${direction} LIMIT $6::int8 + 1
    ) AS r
    WINDOW so_far AS (ORDER BY r.received_at ${direction}, r.id ${direction} ROWS UNBOUNDED PRECEDING)
  ) AS r
  WHERE place <= $6 AND (place = 1 OR coalesce(bytes, 0) <= $7::int8) ORDER BY place`

const pageStatements = { oldest: pageStatement(">", "ASC"), newest: pageStatement("<", "DESC") }

/** Maximum bytes of bodies per page; its first event may be larger. */
const maxPageBytes = 4 * 1024 * 1024

/** A page of rejected events. */
export const selectRejected = (tenantId: string, { after, code, first, limit, until }: RejectedPageRequest) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<StoredRow>(pageStatements[first], [
        tenantId,
        code,
        after?.receivedAt ?? null,
        after?.id ?? null,
        until,
        limit,
        maxPageBytes
      ]),
      (rows): RejectedPage => ({
        events: rows.map(({ body, code, detail, event_id, id, received_at }) => ({
          id,
          eventId: event_id,
          code,
          detail,
          body,
          receivedAt: received_at
        })),
        isLast: rows.length === (rows[0]?.total ?? 0)
      })
    ))

const present =
  "SELECT r.id::text AS id FROM rejected_events r WHERE r.tenant_id = $1 AND r.id = ANY($2::text[]::uuid[])"

/** Forbids the transaction to write unless all of these rejected events are still there. */
export const requireRejected = (tenantId: string, ids: ReadonlySet<string>): ReadonlyArray<Statement> =>
  ids.size === 0 ? [] : [{
    sql: `SELECT ${allowWritesOnlyIf(`(SELECT count(*) FROM (${present}) AS p) = cardinality($2::text[])`)}`,
    params: [tenantId, textArray([...ids])]
  }]

/** Which of these rejected events are still there. */
export const keptRejected = (tenantId: string, ids: ReadonlySet<string>) =>
  ids.size === 0 ?
    Effect.succeed(ids) :
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql.unsafe<{ id: string }>(present, [tenantId, textArray([...ids])]),
        (rows): ReadonlySet<string> => new Set(rows.map(({ id }) => id))
      ))

/** Number of rejected events by code. */
export const countRejected = (tenantId: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ code: string; count: number }>`
        SELECT code, count(*)::float8 AS count FROM rejected_events WHERE tenant_id = ${tenantId}
        GROUP BY code ORDER BY code`,
      (rows) => Object.fromEntries(rows.map(({ code, count }) => [code, count]))
    ))

export const deleteRejected = (tenantId: string, ids: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.asVoid(sql`
      DELETE FROM rejected_events WHERE tenant_id = ${tenantId} AND id = ANY(${textArray(ids)}::text[]::uuid[])`))

/** Tenants with rejected events. For the owner only. */
export const tenantsWithRejected = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ tenant_id: string }>`SELECT DISTINCT tenant_id FROM rejected_events ORDER BY tenant_id`,
    (rows) => rows.map(({ tenant_id }) => tenant_id)
  ))
