import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { Migration } from "./Migration.ts"
import { enableTenantPolicy } from "./tenantPolicy.ts"

const up = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // Rows that change with every commit: there is room for new versions on their own page.
  yield* sql`
    CREATE TABLE ingest_counts (
      tenant_id text NOT NULL,
      slot integer NOT NULL,
      verdict text NOT NULL,
      events bigint NOT NULL CHECK (events >= 0),
      PRIMARY KEY (tenant_id, slot, verdict)
    ) WITH (fillfactor = 50)`
  yield* enableTenantPolicy("ingest_counts")
  yield* sql`
    INSERT INTO ingest_counts (tenant_id, slot, verdict, events)
    SELECT tenant_id, 0, 'accepted', count(*) FROM event_ids GROUP BY tenant_id
    UNION ALL SELECT tenant_id, 0, code, count(*) FROM rejected_events GROUP BY tenant_id, code`
  // Null: written by a version that did not note them, so nothing is known of what is missing.
  yield* sql`ALTER TABLE plan_executions ADD COLUMN sequences int8multirange, ADD COLUMN has_gaps boolean`
  yield* sql`CREATE INDEX plan_executions_gaps_idx ON plan_executions (tenant_id, plan_id) WHERE has_gaps`
})

/** How many events were answered how, and which numbers of an incarnation have come. */
export const ingestHealth: Migration = { id: 8, name: "ingest health", up }
