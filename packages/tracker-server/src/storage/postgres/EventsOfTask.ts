import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { bounded } from "../../query/bounded.ts"
import { firstToSay } from "../../query/explain.ts"
import type { EventPosition } from "../TaskQueries.ts"
import { keyColumns, type KeyRow, readKey, selectEvents } from "./EventTimeline.ts"

/** Where a task's events are, according to its row. */
type TaskPlace = Pick<TaskExecution, "taskId" | "firstReceivedAt" | "lastReceivedAt">

const ofTask = `e.tenant_id = $1 AND e.task_id = $2 AND e.received_at BETWEEN $3::timestamptz AND $4::timestamptz`

const keysOfTask = `SELECT ${keyColumns}
  FROM event_timeline e
  WHERE ${ofTask} AND ($6::text IS NULL OR (e.occurred_at, e.event_id) < ($5::timestamptz, $6::text))
  ORDER BY e.occurred_at DESC, e.event_id DESC LIMIT $7::bigint`

const placeOf = (tenantId: string, { firstReceivedAt, lastReceivedAt, taskId }: TaskPlace) => [
  tenantId,
  taskId,
  firstReceivedAt,
  lastReceivedAt
]

/** The newest `count` events that mention a task, without payloads, after a position among them. */
export const selectKeysOfTask = (tenantId: string, task: TaskPlace, after: EventPosition | null, count: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql.unsafe<KeyRow>(keysOfTask, [
        ...placeOf(tenantId, task),
        after?.occurredAt ?? null,
        after?.eventId ?? null,
        count
      ]),
      (rows) => rows.map(readKey)
    ))

/**
 * How many events to search for the one that first set a field, and how many at a time: nearly always it is the first.
 */
const candidates = { most: 1000, atOnce: 50 }

const firstOfTask = (condition: string) =>
  `SELECT ${keyColumns} FROM event_timeline e WHERE ${ofTask} AND ${condition}
  ORDER BY e.occurred_at, e.sequence, e.event_id LIMIT ${candidates.most}`

/** Queries for the events that may first have set what a row has without a key, the likeliest first. */
const firstToSayStatements = {
  startedAt: [
    firstOfTask("e.occurred_at = $5::timestamptz"),
    // An earlier emitter reports a run when it is over.
    firstOfTask("e.occurred_at > $5::timestamptz AND e.form = 'job' AND e.event_type IN ('job.executed', 'job.failed')")
  ],
  // If a job event has no attempt, it is the first.
  attempt: [firstOfTask("e.form <> 'envelope' AND ($5::float8 = 1 OR e.data -> 'attempt' = to_jsonb($5::float8))")]
} as const

/** The event that first set what a task's row has without a key; null if it is gone. */
export const selectFirstToSay = Effect.fnUntraced(
  function*(tenantId: string, task: TaskExecution, field: keyof typeof firstToSayStatements) {
    if (task[field] === null) return null
    const sql = yield* SqlClient.SqlClient
    for (const statement of firstToSayStatements[field]) {
      const keys = (yield* sql.unsafe<KeyRow>(statement, [...placeOf(tenantId, task), task[field]])).map(readKey)
      for (let passed = 0; passed < keys.length;) {
        const { entries } = bounded(keys.slice(passed), ({ bytes }) => bytes, candidates.atOnce)
        const first = firstToSay(yield* selectEvents(tenantId, entries), task, field)
        if (first !== null) return first
        passed += entries.length
      }
    }
    return null
  }
)
