import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE retention_mark ADD COLUMN dropped_through xid8`
})

/** The last transaction of which retention has dropped events, so that a reader learns that it came too late. */
export const stream: Migration = { id: 9, name: "stream", up }
