import type { Lost } from "../../ingest/Lost.ts"
import { compareBytes } from "../../projection/Fact.ts"
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

/** Keeps the greatest total of each reason. */
export const upsertLosses = (tenantId: string, lost: Lost | null) =>
  insertRows(
    upsert,
    columns,
    tenantId,
    lost === null ? [] : Object.entries(lost.counts)
      .map(([reason, count]) => ({ tracker: lost.tracker, serviceKey: lost.serviceKey, reason, count }))
      .sort((left, right) => compareBytes(left.reason, right.reason))
  )
