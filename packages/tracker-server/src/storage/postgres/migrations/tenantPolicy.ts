import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { appRole } from "../confine.ts"
import { ownerPolicy } from "../ownerPolicy.ts"

/** The rows of the tenant that the transaction names. As a subquery, the name is read once a statement, not once a row. */
export const ofTenant = "tenant_id = (SELECT current_setting('tracker.tenant_id', true))"

/**
 * Puts a table with a `tenant_id text` column under row-level security: `tracker_app` may read and write the rows of
 * the tenant that its transaction names, no others. The owner keeps all rows, for retention and rebuild. Partitions
 * need no policy of their own as long as nothing is granted on them.
 */
export const enableTenantPolicy = Effect.fnUntraced(function*(table: string) {
  const sql = yield* SqlClient.SqlClient
  const name = sql(table)
  const own = sql.literal(ofTenant)
  yield* sql`ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`
  yield* sql`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`
  yield* sql`CREATE POLICY tenant_isolation ON ${name} USING (${own}) WITH CHECK (${own})`
  yield* sql`CREATE POLICY ${sql(ownerPolicy)} ON ${name} TO CURRENT_USER USING (true) WITH CHECK (true)`
  yield* sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name} TO ${sql(appRole)}`
})
