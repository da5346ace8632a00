import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Lost } from "../../ingest/Lost.ts"
import { type Column, insertRows, insertStatement, joinColumn } from "./joins.ts"

interface Row {
  readonly tracker: string
  readonly serviceKey: string
  readonly reason: string
  readonly count: number
}

const columns: ReadonlyArray<Column<Row>> = [
  { name: "tracker", type: "text", of: (row) => row.tracker },
  { name: "service_key", type: "text", of: (row) => row.serviceKey },
  { name: "reason", type: "text", of: (row) => row.reason },
  { name: "lost_events", type: "bigint", of: (row) => row.count }
]

const upsert = insertStatement(
  "tracker_losses",
  columns,
  `ON CONFLICT (tenant_id, tracker, service_key, reason) DO UPDATE SET ${joinColumn("GREATEST", "lost_events")}`
)

const nameOf = ({ reason, serviceKey, tracker }: Row): string => JSON.stringify([tracker, serviceKey, reason])

/** The largest total per reason, always in the same order, so that two transactions never deadlock. */
const rowsOf = (losses: ReadonlyArray<Lost>): ReadonlyArray<Row> => {
  const rows = new Map<string, Row>()
  for (const { counts, serviceKey, tracker } of losses) {
    for (const [reason, count] of Object.entries(counts)) {
      const row = { tracker, serviceKey, reason, count }
      if (count >= (rows.get(nameOf(row))?.count ?? 0)) rows.set(nameOf(row), row)
    }
  }
  return [...rows].sort(([left], [right]) => left < right ? -1 : 1).map(([, row]) => row)
}

const totals = `SELECT service_key, reason, least(sum(lost_events), ${Number.MAX_SAFE_INTEGER})::float8 AS lost_events
  FROM tracker_losses WHERE tenant_id = $1 GROUP BY service_key, reason ORDER BY service_key, reason`

/** Losses of all trackers of each service, by reason. */
export const selectLosses = (tenantId: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<{ service_key: string; reason: string; lost_events: number }>(totals, [tenantId]),
      (rows) =>
        rows.map(({ lost_events, reason, service_key }) => ({ serviceKey: service_key, reason, count: lost_events }))
    ))

/** Keeps the largest total per reason. */
export const upsertLosses = (tenantId: string, losses: ReadonlyArray<Lost>) =>
  insertRows(upsert, columns, tenantId, rowsOf(losses))
