import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE retention_mark (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      dropped_before timestamptz NOT NULL
    )`
})

/** Before which instant events may be gone: the owner's, of no tenant. One row, once retention has dropped something. */
export const retentionMark: Migration = { id: 3, name: "retention mark", up }
