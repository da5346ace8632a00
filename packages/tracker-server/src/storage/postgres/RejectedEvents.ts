import { hash } from "node:crypto"
import type { Rejected } from "../../ingest/Rejected.ts"
import { type Column, insertRows, insertStatement } from "./joins.ts"

interface Row extends Rejected {
  readonly contentHash: Uint8Array
  readonly receivedAt: string
}

const columns: ReadonlyArray<Column<Row>> = [
  { name: "event_id", type: "text", of: (row) => row.eventId },
  { name: "code", type: "text", of: (row) => row.code },
  { name: "detail", type: "text", of: (row) => row.detail },
  { name: "body", type: "text", of: (row) => row.body },
  { name: "content_sha256", type: "bytea", of: (row) => row.contentHash },
  { name: "received_at", type: "timestamptz", of: (row) => row.receivedAt }
]

// A client that sends the same bad event again and again fills no disk.
const insert = insertStatement("rejected_events", columns, "ON CONFLICT (tenant_id, content_sha256) DO NOTHING")

/** Each event once, in the order of the unique index, so that two batches never wait for each other. */
const rowsOf = (rejected: ReadonlyArray<Rejected>, receivedAt: string): ReadonlyArray<Row> => {
  const rows = new Map<string, Row>()
  for (const one of rejected) {
    const contentHash = hash("sha256", JSON.stringify([one.code, one.eventId, one.body]), "buffer")
    const name = contentHash.toString("hex")
    if (!rows.has(name)) rows.set(name, { ...one, contentHash, receivedAt })
  }
  return [...rows].sort(([left], [right]) => left < right ? -1 : 1).map(([, row]) => row)
}

/** Keeps refused events with their reason. */
export const insertRejected = (tenantId: string, rejected: ReadonlyArray<Rejected>, receivedAt: string) =>
  insertRows(insert, columns, tenantId, rowsOf(rejected, receivedAt))
