import { createHash } from "node:crypto"
import type { Rejected } from "../../ingest/Rejected.ts"
import { type Column, insertRows, insertStatement } from "./joins.ts"

interface Row extends Rejected {
  readonly receivedAt: string
}

const columns: ReadonlyArray<Column<Row>> = [
  { name: "event_id", type: "text", of: (row) => row.eventId },
  { name: "code", type: "text", of: (row) => row.code },
  { name: "detail", type: "text", of: (row) => row.detail },
  { name: "body", type: "text", of: (row) => row.body },
  {
    name: "content_sha256",
    type: "bytea",
    of: ({ body, code, eventId }) => createHash("sha256").update(JSON.stringify([code, eventId, body])).digest()
  },
  { name: "received_at", type: "timestamptz", of: (row) => row.receivedAt }
]

// A client that sends the same bad event again and again fills no disk.
const insert = insertStatement("rejected_events", columns, "ON CONFLICT (tenant_id, content_sha256) DO NOTHING")

/** Keeps refused events with their reason. */
export const insertRejected = (tenantId: string, rejected: ReadonlyArray<Rejected>, receivedAt: string) =>
  insertRows(insert, columns, tenantId, rejected.map((one) => ({ ...one, receivedAt })))
