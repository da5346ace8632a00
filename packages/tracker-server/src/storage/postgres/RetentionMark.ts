import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { greatest } from "../../projection/Fact.ts"
import { readInstant } from "./joins.ts"

/** Notes that events received before this instant may be gone from now on. Said before the first of them goes. */
export const markDropped = Effect.fnUntraced(function*(before: Date) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`INSERT INTO retention_mark AS m (dropped_before) VALUES (${before})
    ON CONFLICT (only_row) DO UPDATE SET dropped_before = greatest(m.dropped_before, excluded.dropped_before)`
})

/** The later of this instant and the one before which events may be gone. */
export const notDroppedSince = Effect.fnUntraced(function*(instant: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql.unsafe<{ dropped_before: string }>(
    `SELECT ${readInstant("dropped_before", "dropped_before")} FROM retention_mark`
  )
  return greatest(instant, row?.dropped_before ?? null) ?? instant
})
