import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // `tracker_app` gets nothing on this table, so no request reads it or changes what it says.
  yield* sql`
    CREATE TABLE audit_log (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at timestamptz NOT NULL DEFAULT now(),
      actor text NOT NULL,
      action text NOT NULL,
      tenant_id text NOT NULL,
      key_id text,
      details jsonb NOT NULL DEFAULT '{}'
    )`
})

/** Who made and ended keys and who erased tenants. Outlives the tenants, so it has nothing of theirs but the id. */
export const audit: Migration = { id: 4, name: "audit", up }
