import type { TaskState } from "@durable-effect/core"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventForm, IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { JsonObject } from "../../ingest/json.ts"
import type { Reception } from "../../projection/Reception.ts"
import type { TimelineKey } from "../../query/timelinePage.ts"
import type { TimelineRow } from "../../query/timelineView.ts"
import { type Column, insertRows, insertStatement, instantArray, readInstant, rowId, textArray } from "./joins.ts"

/** A new event. */
export interface TimelineEntry {
  readonly event: IncomingEvent
  readonly reception: Reception
  /** Its position within the transaction. */
  readonly ordinal: number
}

const columns: ReadonlyArray<Column<TimelineEntry>> = [
  rowId,
  { name: "event_id", type: "text", of: ({ event }) => event.eventId },
  { name: "event_type", type: "text", of: ({ event }) => event.type },
  { name: "form", type: "text", of: ({ event }) => event.form },
  { name: "topic", type: "text", of: ({ event }) => event.topic },
  { name: "source", type: "text", of: ({ event }) => event.source },
  { name: "trace_id", type: "text", of: ({ event }) => event.traceId },
  { name: "parent_event_id", type: "text", of: ({ event }) => event.parentEventId },
  { name: "correlation_id", type: "text", of: ({ event }) => event.correlationId },
  { name: "plan_id", type: "text", of: ({ event }) => event.planId },
  { name: "task_id", type: "text", of: ({ event }) => event.taskId },
  { name: "session_id", type: "text", of: ({ event }) => event.sessionId },
  { name: "sequence", type: "bigint", of: ({ event }) => event.sequence },
  { name: "attributes", type: "jsonb", of: ({ event }) => event.attributesJson },
  { name: "data", type: "jsonb", of: ({ event }) => event.dataJson },
  { name: "bytes", type: "integer", of: ({ event }) => event.bytes },
  { name: "request_trace_id", type: "text", of: ({ reception }) => reception.requestTraceId },
  { name: "occurred_at", type: "timestamptz", of: ({ event }) => event.occurredAt },
  { name: "received_at", type: "timestamptz", of: ({ reception }) => reception.receivedAt },
  { name: "ordinal", type: "integer", of: ({ ordinal }) => ordinal }
]

const insert = insertStatement("event_timeline", columns, "")

/** Inserts new events in order of arrival. */
export const insertTimeline = (tenantId: string, entries: ReadonlyArray<TimelineEntry>) =>
  insertRows(insert, columns, tenantId, entries)

/** A row selected by `eventColumns`. */
export interface EventRow {
  readonly event_id: string
  readonly event_type: string
  readonly form: EventForm
  readonly topic: string
  readonly source: string | null
  readonly trace_id: string | null
  readonly parent_event_id: string | null
  readonly correlation_id: string | null
  readonly plan_id: string | null
  readonly task_id: string | null
  readonly session_id: string | null
  readonly sequence: number
  readonly attributes: JsonObject
  readonly data: unknown
  readonly occurred_at: string
  readonly received_at: string
}

interface Row extends EventRow {
  readonly task_state: TaskState | null
}

/** The select list of an event `e`. */
export const eventColumns = [
  "e.event_id, e.event_type, e.form, e.topic, e.source, e.trace_id, e.parent_event_id, e.correlation_id",
  "e.plan_id, e.task_id, e.session_id, e.sequence::float8 AS sequence, e.attributes, e.data",
  readInstant("e.occurred_at", "occurred_at"),
  readInstant("e.received_at", "received_at")
].join(", ")

/** An event as understood when it arrived. */
export const readEvent = (row: EventRow): Omit<TimelineRow, "taskState"> => ({
  eventId: row.event_id,
  type: row.event_type,
  occurredAt: row.occurred_at,
  form: row.form,
  topic: row.topic,
  source: row.source,
  traceId: row.trace_id,
  parentEventId: row.parent_event_id,
  correlationId: row.correlation_id,
  planId: row.plan_id,
  taskId: row.task_id,
  sessionId: row.session_id,
  sequence: row.sequence,
  attributes: row.attributes,
  data: row.data,
  receivedAt: row.received_at
})

/** The select list of the key of an event `e`. */
export const keyColumns = `e.event_id, e.parent_event_id, e.sequence::float8 AS sequence, e.bytes, ${
  readInstant("e.occurred_at", "occurred_at")
}, ${readInstant("e.received_at", "received_at")}`

/** A row as `keyColumns` selects it. */
export interface KeyRow {
  readonly event_id: string
  readonly occurred_at: string
  readonly received_at: string
  readonly parent_event_id: string | null
  readonly sequence: number
  readonly bytes: number
}

/** An event's position in a timeline, and where the rest of it is stored. */
export interface StoredKey extends TimelineKey {
  readonly receivedAt: string
}

export const readKey = (row: KeyRow): StoredKey => ({
  eventId: row.event_id,
  occurredAt: row.occurred_at,
  receivedAt: row.received_at,
  parentEventId: row.parent_event_id,
  sequence: row.sequence,
  bytes: row.bytes
})

// One by one: the planner knows nothing about a week that has just begun, and would read several weeks.
const eventsOfKeys = `SELECT ${eventColumns}, s.state AS task_state
  FROM unnest($2::text[], $3::timestamptz[]) WITH ORDINALITY AS k(event_id, received_at, place), LATERAL (
    SELECT e.* FROM event_timeline e
    WHERE e.tenant_id = $1 AND e.event_id = k.event_id AND e.received_at = k.received_at LIMIT 1
  ) AS e
  LEFT JOIN task_executions s ON s.tenant_id = $1 AND s.task_id = e.task_id
  ORDER BY k.place`

/** The events with these keys, in the order of the keys. */
export const selectEvents = (tenantId: string, keys: ReadonlyArray<StoredKey>) =>
  keys.length === 0 ? Effect.succeed([]) : Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<Row>(eventsOfKeys, [
        tenantId,
        textArray(keys.map(({ eventId }) => eventId)),
        instantArray(keys.map(({ receivedAt }) => receivedAt))
      ]),
      (rows) => rows.map((row): TimelineRow => ({ ...readEvent(row), taskState: row.task_state }))
    ))
