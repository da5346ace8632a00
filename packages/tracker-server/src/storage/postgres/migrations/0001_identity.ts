import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { appRole } from "../confine.ts"
import type { Migration } from "./Migration.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // `tracker_app` gets nothing on this table: it can neither list keys nor make one.
  yield* sql`
    CREATE TABLE api_keys (
      id text PRIMARY KEY,
      tenant_id text NOT NULL CHECK (octet_length(tenant_id) BETWEEN 1 AND 255),
      name text NOT NULL,
      secret_sha256 bytea NOT NULL UNIQUE CHECK (octet_length(secret_sha256) = 32),
      scopes text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['ingest', 'query', 'admin']),
      created_at timestamptz NOT NULL DEFAULT now(),
      revoked_at timestamptz
    )`
  const [{ schema } = { schema: "public" }] = yield* sql<{ schema: string }>`SELECT current_schema()::text AS schema`
  // The path is fixed, temporary tables last: a caller's own `api_keys` must not stand in for the real one.
  yield* sql`
    CREATE FUNCTION tracker_api_key(secret_sha256 bytea)
    RETURNS TABLE (id text, tenant_id text, scopes text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ${sql(schema)}, pg_temp
    AS ${
    sql.literal(`$$
      SELECT k.id, k.tenant_id, k.scopes FROM api_keys k WHERE k.secret_sha256 = $1 AND k.revoked_at IS NULL
    $$`)
  }`
  yield* sql`REVOKE ALL ON FUNCTION tracker_api_key(bytea) FROM PUBLIC`
  yield* sql`GRANT EXECUTE ON FUNCTION tracker_api_key(bytea) TO ${sql(appRole)}`
  yield* sql`GRANT USAGE ON SCHEMA ${sql(schema)} TO ${sql(appRole)}`
})

/** API keys: only the SHA-256 of a secret is kept, and only one function can look it up. */
export const identity: Migration = { id: 1, name: "identity", up }
