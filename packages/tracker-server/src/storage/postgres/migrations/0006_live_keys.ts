import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { appRole } from "../confine.ts"
import type { Migration } from "./Migration.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [{ schema } = { schema: "public" }] = yield* sql<{ schema: string }>`SELECT current_schema()::text AS schema`
  // As with `tracker_api_key`, the path is fixed, temporary tables last.
  yield* sql`
    CREATE FUNCTION tracker_live_keys(ids text[])
    RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${sql(schema)}, pg_temp
    AS ${
    sql.literal(`$$
      SELECT k.id FROM api_keys k
      WHERE k.id = ANY($1) AND k.revoked_at IS NULL AND k.tenant_id = current_setting('tracker.tenant_id', true)
    $$`)
  }`
  yield* sql`REVOKE ALL ON FUNCTION tracker_live_keys(text[]) FROM PUBLIC`
  yield* sql`GRANT EXECUTE ON FUNCTION tracker_live_keys(text[]) TO ${sql(appRole)}`
})

/** Lets the transaction that writes a request look whether its key counts still. Tells nothing of other tenants' keys. */
export const liveKeys: Migration = { id: 6, name: "live_keys", up }
