import { PgTypes } from "@effect/sql-pg"
import { Effect, type Redacted, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { KeyScope, type Principal } from "../api/Authorization.ts"
import { audit } from "../storage/postgres/AuditLog.ts"
import { readInstant } from "../storage/postgres/joins.ts"
import { holdTenant, shareTenant } from "../storage/postgres/tenantLock.ts"
import { type Actor, isKey } from "./Actor.ts"
import { ActorRevoked, type ApiKey, type NewApiKey } from "./ApiKeys.ts"
import { digest, makeKeyId } from "./secret.ts"

// All statements on `api_keys` are in this file. The table belongs to the owner; `tracker_app` cannot see it.

const Row = Schema.Struct({
  id: Schema.String,
  tenant_id: Schema.String,
  name: Schema.String,
  scopes: Schema.Array(KeyScope),
  created_at: Schema.String,
  revoked_at: Schema.NullOr(Schema.String)
})
const Found = Schema.Struct({ id: Schema.String, tenant_id: Schema.String, scopes: Schema.Array(KeyScope) })

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))
const decodeFound = Schema.decodeUnknownEffect(Schema.Array(Found))

const columns = `k.id, k.tenant_id, k.name, k.scopes, ${readInstant("k.created_at", "created_at")}, ${
  readInstant("k.revoked_at", "revoked_at")
}`

const read = (row: typeof Row.Type): ApiKey => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.created_at,
  revokedAt: row.revoked_at
})

const scopesParameter = (scopes: ReadonlyArray<string>) =>
  Result.getOrThrow(PgTypes.array([...scopes], PgTypes.OID.text))

/** Fails if the actor is a key that no longer counts. Run it under the tenant's lock, for which a revocation waits. */
export const requireLive = Effect.fnUntraced(function*(actor: Actor) {
  if (!isKey(actor)) return
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`SELECT FROM api_keys WHERE id = ${actor} AND revoked_at IS NULL`
  if (rows.length === 0) return yield* new ActorRevoked({ keyId: actor })
})

const insertRow = Effect.fnUntraced(function*(secret: Redacted.Redacted, key: NewApiKey, by: Actor) {
  const sql = yield* SqlClient.SqlClient
  const { name, scopes, tenantId } = key
  const id = makeKeyId()
  const [row] = yield* sql<{ created_at: string }>`
    INSERT INTO api_keys (id, tenant_id, name, secret_sha256, scopes)
    VALUES (${id}, ${tenantId}, ${name}, ${digest(secret)}, ${scopesParameter(scopes)})
    RETURNING ${sql.literal(readInstant("created_at", "created_at"))}`
  yield* audit({ actor: by, action: "key.created", tenantId, keyId: id, details: { scopes } })
  return { id, createdAt: row?.created_at ?? "", secret }
})

/** Runs before or after an erasure of the tenant, which must delete all of its keys, and not beside it. */
const notBesideErasure = <A, E, R>(tenantId: string, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql.withTransaction(Effect.andThen(sql.unsafe(`SELECT ${shareTenant("$1")}`, [tenantId]), effect))
  )

/** Creates a key in the server's own name, and records that. */
export const insertOwnKey = (secret: Redacted.Redacted, key: NewApiKey) =>
  notBesideErasure(key.tenantId, insertRow(secret, key, "server"))

/** Creates a key and records who created it. A request may be authorized long before its body arrives. */
export const insertKey = (secret: Redacted.Redacted, key: NewApiKey, by: Actor) =>
  notBesideErasure(key.tenantId, Effect.andThen(requireLive(by), insertRow(secret, key, by)))

/** The owner of this secret, through the one function allowed to look it up. */
export const findKey = Effect.fnUntraced(function*(secret: Redacted.Redacted) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* Effect.flatMap(
    sql`SELECT id, tenant_id, scopes FROM tracker_api_key(${digest(secret)})`,
    decodeFound
  )
  return row && ({ keyId: row.id, tenantId: row.tenant_id, scopes: row.scopes } satisfies Principal)
})

/** What prevents the key with this secret from being used as `key`; `undefined` if no key has this secret. */
export const compareKey = Effect.fnUntraced(function*(secret: Redacted.Redacted, key: NewApiKey) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ id: string; revoked: boolean; same_tenant: boolean; enough: boolean }>`
    SELECT id, revoked_at IS NOT NULL AS revoked, tenant_id = ${key.tenantId} AS same_tenant,
      scopes @> ${scopesParameter(key.scopes)} AS enough
    FROM api_keys WHERE secret_sha256 = ${digest(secret)}`
  return row
})

export const isAnyKey = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql`SELECT FROM api_keys LIMIT 1`, (rows) => rows.length > 0)
)

/** Keys of all tenants, oldest first. */
export const allKeys = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`SELECT ${sql.literal(columns)} FROM api_keys k ORDER BY k.created_at, k.id`
).pipe(
  Effect.flatMap(decodeRows),
  Effect.map((rows) => rows.map(read))
)

/** Keys of one tenant, oldest first. */
export const keysOf = Effect.fnUntraced(function*(tenantId: string, afterId: string | null, count: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* Effect.flatMap(
    sql`
      SELECT ${sql.literal(columns)} FROM api_keys k
      WHERE k.tenant_id = ${tenantId} AND (${afterId}::text IS NULL OR (k.created_at, k.id) >
        (SELECT a.created_at, a.id FROM api_keys a WHERE a.tenant_id = ${tenantId} AND a.id = ${afterId}::text))
      ORDER BY k.created_at, k.id LIMIT ${count}::int4`,
    decodeRows
  )
  return rows.map(read)
})

/** Revokes a key and records who revoked it, the first time. Returns the key's tenant; none as in `revokeKey`. */
const revokeRow = Effect.fnUntraced(function*(id: string, by: Actor, ofTenant: string | undefined) {
  const sql = yield* SqlClient.SqlClient
  return yield* sql.withTransaction(Effect.gen(function*() {
    const [row] = yield* sql<{ tenant_id: string; revoked: boolean }>`
      SELECT tenant_id, revoked_at IS NOT NULL AS revoked FROM api_keys WHERE id = ${id} FOR UPDATE`
    if (row === undefined || ofTenant !== undefined && row.tenant_id !== ofTenant) return undefined
    if (!row.revoked) {
      yield* sql`UPDATE api_keys SET revoked_at = now() WHERE id = ${id}`
      yield* audit({ actor: by, action: "key.revoked", tenantId: row.tenant_id, keyId: id })
    }
    return row.tenant_id
  }))
})

/**
 * Revokes a key. From now on it opens nothing, and once this returns, nothing more that was sent with it is committed.
 * False if there is none, or not within the given tenant.
 */
export const revokeKey = Effect.fnUntraced(function*(id: string, by: Actor, ofTenant: string | undefined) {
  const sql = yield* SqlClient.SqlClient
  const tenantId = yield* revokeRow(id, by, ofTenant)
  // A transaction that had found the key valid may still be writing. The lock is released with the statement.
  if (tenantId !== undefined) yield* sql.unsafe(`SELECT ${holdTenant("$1")}`, [tenantId])
  return tenantId !== undefined
})

/** Deletes a tenant's keys except the one to keep, and returns how many were deleted. */
export const deleteKeys = Effect.fnUntraced(function*(tenantId: string, keptId: string | null) {
  const sql = yield* SqlClient.SqlClient
  const gone = yield* sql`
    DELETE FROM api_keys WHERE tenant_id = ${tenantId} AND id IS DISTINCT FROM ${keptId}::text RETURNING id`
  return gone.length
})

export const countKeys = Effect.fnUntraced(function*(tenantId: string) {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ count: number }>`
    SELECT count(*)::float8 AS count FROM api_keys WHERE tenant_id = ${tenantId}`
  return row?.count ?? 0
})
