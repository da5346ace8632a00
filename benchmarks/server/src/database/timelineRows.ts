import { Effect } from "effect"
import type { TimelineRows } from "../traffic/TimelineRows.ts"
import { onDatabase } from "./onDatabase.ts"

const columnsOfTimeline = `SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name = 'event_timeline' AND data_type <> 'xid8' ORDER BY ordinal_position`

/** Reads what a server has stored in a database that has one tape in it and nothing else. */
export const readTimeline = (databaseUrl: string) =>
  onDatabase(databaseUrl, (sql) =>
    Effect.gen(function*() {
      yield* sql.unsafe("SET TIME ZONE 'UTC'")
      const columns = yield* sql.unsafe<{ name: string; type: string }>(columnsOfTimeline)
      const texts = columns.map(({ name, type }) =>
        // A mark of an instant is found by its ISO form.
        type.startsWith("timestamp")
          ? `to_char(${name}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${name}`
          : `${name}::text AS ${name}`
      )
      const rows = yield* sql.unsafe<Record<string, string | null>>(
        `SELECT ${texts.join(", ")} FROM event_timeline ORDER BY commit_xid, ordinal`
      )
      return { columns, rows: rows.map((row) => columns.map(({ name }) => row[name] ?? null)) } satisfies TimelineRows
    }))
