import { compareBytes } from "../../projection/Fact.ts"
import type { TraceRange } from "../../projection/Facts.ts"
import { type Column, insertRows, insertStatement, joinColumn } from "./joins.ts"

const columns: ReadonlyArray<Column<TraceRange>> = [
  { name: "trace_id", type: "text", of: (range) => range.traceId },
  { name: "first_received_at", type: "timestamptz", of: (range) => range.firstReceivedAt },
  { name: "last_received_at", type: "timestamptz", of: (range) => range.lastReceivedAt }
]

const upsert = insertStatement(
  "trace_ranges",
  columns,
  `ON CONFLICT (tenant_id, trace_id) DO UPDATE SET ${joinColumn("LEAST", "first_received_at")}, ${
    joinColumn("GREATEST", "last_received_at")
  }`
)

/** Widens the ranges in which events identified only by a trace were received. */
export const upsertTraces = (tenantId: string, traces: Iterable<TraceRange>) =>
  insertRows(upsert, columns, tenantId, [...traces].sort((left, right) => compareBytes(left.traceId, right.traceId)))
