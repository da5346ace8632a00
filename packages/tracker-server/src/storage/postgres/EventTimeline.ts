import type { TaskState } from "@durable-effect/core"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { EventForm, IncomingEvent } from "../../ingest/IncomingEvent.ts"
import type { JsonObject } from "../../ingest/json.ts"
import type { Reception } from "../../projection/Reception.ts"
import type { TimelineKey } from "../../query/timelinePage.ts"
import type { TimelineRow } from "../../query/timelineView.ts"
import { type Column, insertRows, insertStatement, readInstant, textArray } from "./joins.ts"

/** A new event. */
export interface TimelineEntry {
  /** A UUID, ascending so that the index stays dense. */
  readonly rowId: string
  readonly event: IncomingEvent
  readonly reception: Reception
  /** Its position within the transaction. */
  readonly ordinal: number
}

const columns: ReadonlyArray<Column<TimelineEntry>> = [
  { name: "id", type: "uuid", of: ({ rowId }) => rowId },
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

const key = "e.event_id, e.occurred_at, e.received_at, e.parent_event_id, e.sequence, e.bytes"

/** The select list of the key of an event `e`. */
export const keyColumns = `e.event_id, e.parent_event_id, e.sequence::float8 AS sequence, e.bytes, ${
  readInstant("e.occurred_at", "occurred_at")
}, ${readInstant("e.received_at", "received_at")}`

// There are three ways to belong to a plan, none of which finds an event twice. Each searches only the time range in
// which its events can have arrived, and a task's or trace's events by their index, whatever the planner thinks of a
// plan with many tasks: it would rather read all events of all plans. If the events that name the plan fill the page,
// nothing later is read: a task's events are mostly the same ones, and a page costs the same wherever it begins.
const keysOfPlan = (comparison: ">=" | ">") => {
  const first =
    `e.occurred_at ${comparison} $4::timestamptz ORDER BY e.occurred_at FETCH FIRST ($5::bigint) ROWS WITH TIES`
  const untilEnd = `e.occurred_at <= (SELECT own_end.at FROM own_end) AND ${first}`
  return `WITH own AS MATERIALIZED (
    SELECT ${key} FROM event_timeline e
    WHERE e.tenant_id = $1 AND e.plan_id = $2
      AND e.received_at BETWEEN $6::timestamptz AND $7::timestamptz AND ${first}
  ), own_end AS MATERIALIZED (
    SELECT CASE WHEN count(*) < $5::bigint THEN 'infinity' ELSE max(own.occurred_at) END AS at FROM own
  ), found AS (
    SELECT ${key} FROM own e
    UNION ALL
    (SELECT ${key} FROM task_executions t, LATERAL (
        SELECT ${key} FROM event_timeline e
        WHERE e.tenant_id = $1 AND e.task_id = t.task_id AND e.plan_id IS DISTINCT FROM $2
          AND e.received_at BETWEEN t.first_received_at AND t.last_received_at AND ${untilEnd}
      ) AS e
      WHERE t.tenant_id = $1 AND t.plan_id = $2 AND t.known)
    UNION ALL
    (SELECT ${key} FROM trace_ranges r, LATERAL (
        SELECT ${key} FROM event_timeline e
        WHERE e.tenant_id = $1 AND e.trace_id = r.trace_id AND e.plan_id IS NULL AND e.task_id IS NULL
          AND e.received_at BETWEEN r.first_received_at AND r.last_received_at AND ${untilEnd}
      ) AS e
      WHERE r.tenant_id = $1 AND r.trace_id = $3)
  )
  SELECT ${keyColumns} FROM (SELECT ${key} FROM found e WHERE ${first}) AS e
  ORDER BY e.occurred_at, e.sequence, e.event_id OFFSET $8::bigint LIMIT $9::bigint`
}

const keysFrom = keysOfPlan(">=")
const keysAfter = keysOfPlan(">")

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

/** Which events of a timeline are meant. */
interface KeyRange {
  readonly from: string
  /** Leaves out those of the instant `from`. Default: they are the first. */
  readonly isAfter?: boolean
  /** So many, and all that share the last one's instant. */
  readonly count: number
  /** Of these, how many are passed over. Default: none. */
  readonly skip?: number
  /** Of the rest, how many at most. */
  readonly most: number
}

/**
 * The plan's events from an instant on, without payloads: the first `count`, plus all others at the last one's instant.
 */
export const selectKeys = (
  tenantId: string,
  plan: {
    readonly planId: string
    readonly traceId: string | null
    readonly firstReceivedAt: string
    readonly lastReceivedAt: string
  },
  { count, from, isAfter = false, most, skip = 0 }: KeyRange
) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<KeyRow>(isAfter ? keysAfter : keysFrom, [
        tenantId,
        plan.planId,
        plan.traceId,
        from,
        count,
        plan.firstReceivedAt,
        plan.lastReceivedAt,
        skip,
        most
      ]),
      (rows) => rows.map(readKey)
    ))

// One by one: the planner knows nothing about a week that has just begun, and would read several weeks.
const eventsOfKeys = `SELECT ${eventColumns}, s.state AS task_state
  FROM unnest($2::text[], $3::text[]::timestamptz[]) WITH ORDINALITY AS k(event_id, received_at, place), LATERAL (
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
        textArray(keys.map(({ receivedAt }) => receivedAt))
      ]),
      (rows) => rows.map((row): TimelineRow => ({ ...readEvent(row), taskState: row.task_state }))
    ))
