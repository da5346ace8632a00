import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql/SqlError"
import type { Actor } from "../../identity/Actor.ts"

export interface AuditEntry {
  readonly actor: Actor
  readonly action: "key.created" | "key.revoked" | "tenant.erasure_started" | "tenant.erased"
  readonly tenantId: string
  /** The key that it was done to. */
  readonly keyId?: string
  /** Scopes of a key, numbers of rows: nothing that a tenant wrote. */
  readonly details?: { readonly [name: string]: unknown }
}

/** Notes what was done, in the transaction that does it. */
export const audit = (
  { action, actor, details, keyId, tenantId }: AuditEntry
): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.asVoid(sql`
      INSERT INTO audit_log (actor, action, tenant_id, key_id, details)
      VALUES (${actor}, ${action}, ${tenantId}, ${keyId ?? null}, ${JSON.stringify(details ?? {})}::text::jsonb)`))
