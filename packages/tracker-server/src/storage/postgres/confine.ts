import type { Statement } from "./Statement.ts"
import { shareTenant } from "./tenantLock.ts"
import { allowWrites } from "./writes.ts"

/** The unprivileged role that runs every statement on tenant data: neither owner nor superuser. */
export const appRole = "tracker_app"

/**
 * When PostgreSQL plans a statement. `auto`: as PostgreSQL decides. `once` per connection: for a statement that finds
 * its rows by an index, however many there are. `untilKnown`: each time, as long as PostgreSQL has no statistics of
 * many plans and tasks, then as it decides. A plan kept from a nearly empty table stays until the next ANALYZE, however
 * fast the table grows.
 */
export type Planning = "auto" | "once" | "untilKnown"

const planCacheMode = { auto: "auto", once: "force_generic_plan", untilKnown: "force_custom_plan" } as const

/** From this many rows on, statistics lead to the plans that are right for any larger table too. */
const knownRows = 1000

/**
 * -1 stands for a table without statistics. ANALYZE and VACUUM change the number, and make every connection plan anew.
 */
const isKnown = `NOT EXISTS (SELECT FROM pg_class WHERE reltuples < ${knownRows}
  AND oid IN ('task_executions'::regclass, 'plan_executions'::regclass))`

export interface Confinement {
  readonly tenantId: string | undefined
  readonly planning: Planning
  /** Whether the transaction may write. Nobody waits for one that only reads. */
  readonly access: "read" | "write"
}

/**
 * PostgreSQL's own limits for a tenant's transactions; the owner's statements (migrations, retention) have no such
 * limits. A statement that begins at once, or its wait for a lock, ends before the caller's deadline, so that it is rolled
 * back properly. A transaction whose client silently vanished releases its rows soon after.
 */
const limits = { statement_timeout: "9s", lock_timeout: "5s", idle_in_transaction_session_timeout: "15s" }

const settings = `set_config('role', $1, true), set_config('tracker.tenant_id', $2, true),
  set_config('plan_cache_mode', CASE WHEN $3 = '${planCacheMode.untilKnown}' AND ${isKnown} THEN 'auto' ELSE $3 END, true),
  set_config('enable_seqscan', CASE WHEN $3 = '${planCacheMode.once}' THEN 'off' ELSE current_setting('enable_seqscan') END, true),
  ${Object.entries(limits).map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")}`

const begin = { read: `SELECT ${settings}`, write: `SELECT ${settings}, ${allowWrites}, ${shareTenant("$2")}` }

/** The first statement of a tenant's transaction: confines it to the tenant's rows. */
export const confine = ({ access, planning, tenantId }: Confinement): Statement => ({
  sql: begin[access],
  params: [appRole, tenantId, planCacheMode[planning]]
})
