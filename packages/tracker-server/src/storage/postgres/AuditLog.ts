import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import type { Actor } from "../../identity/Actor.ts"
import { readInstant } from "./joins.ts"
import { orUnavailable } from "./TenantSql.ts"

export interface AuditEntry {
  readonly actor: Actor
  readonly action: "key.created" | "key.revoked" | "tenant.erasure_started" | "tenant.erased"
  readonly tenantId: string
  /** The key affected. */
  readonly keyId?: string
  /** Scopes of a key, row counts: nothing written by a tenant. */
  readonly details?: { readonly [name: string]: unknown }
}

/** Records an action, in the transaction that performs it. */
export const audit = (
  { action, actor, details, keyId, tenantId }: AuditEntry
): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.asVoid(sql`
      INSERT INTO audit_log (actor, action, tenant_id, key_id, details)
      VALUES (${actor}, ${action}, ${tenantId}, ${keyId ?? null}, ${JSON.stringify(details ?? {})}::text::jsonb)`))

/** An entry as shown; `at` is UTC with six decimals. */
export interface NotedEntry {
  readonly at: string
  readonly actor: Actor
  readonly action: string
  readonly tenant_id: string
  readonly key_id: string | null
  readonly details: { readonly [name: string]: unknown }
}

const newest = `SELECT ${readInstant("at", "at")}, actor, action, tenant_id, key_id, details FROM audit_log
  WHERE $1::text IS NULL OR tenant_id = $1 ORDER BY id DESC LIMIT $2::int4`

/** The entries, newest first. They outlive retention, and are a few rows per key and tenant. */
export const auditEntries = (tenantId: string | null, count: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<NotedEntry>(newest, [tenantId, count])).pipe(
    Effect.catchTag("SqlError", orUnavailable)
  )
