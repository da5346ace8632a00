import { PgTypes } from "@effect/sql-pg"
import { Result } from "effect"
import { DateTime, Effect, Layer, Option, type Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { KeyScope } from "../api/Authorization.ts"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import { withDeadline } from "../storage/postgres/deadline.ts"
import { orUnavailable } from "../storage/postgres/TenantSql.ts"
import { ApiKeys, type NewApiKey, SecretTaken } from "./ApiKeys.ts"
import { digest, makeKeyId, makeSecret } from "./secret.ts"

const Row = Schema.Struct({
  id: Schema.String,
  tenant_id: Schema.String,
  name: Schema.String,
  scopes: Schema.Array(KeyScope),
  created_ms: Schema.Number,
  revoked_ms: Schema.NullOr(Schema.Number)
})
const Found = Schema.Struct({ id: Schema.String, tenant_id: Schema.String, scopes: Schema.Array(KeyScope) })

const decodeRows = Schema.decodeUnknownEffect(Schema.Array(Row))
const decodeFound = Schema.decodeUnknownEffect(Schema.Array(Found))

const scopesParameter = (scopes: ReadonlyArray<string>) =>
  Result.getOrThrow(PgTypes.array([...scopes], PgTypes.OID.text))

const stored = <A, E, R>(effect: Effect.Effect<A, E | SqlError | Schema.SchemaError, R>) =>
  effect.pipe(
    Effect.catchIf(Schema.isSchemaError, Effect.die),
    Effect.catchIf(isSqlError, orUnavailable)
  )

/** Adapter: the one file that names `api_keys`. The table belongs to the owner; `tracker_app` cannot see it. */
export const layer = Layer.effect(
  ApiKeys,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient

    const insert = (secret: Redacted.Redacted, key: NewApiKey) => {
      const id = makeKeyId()
      return Effect.as(
        sql`
          INSERT INTO api_keys (id, tenant_id, name, secret_sha256, scopes)
          VALUES (${id}, ${key.tenantId}, ${key.name}, ${digest(secret)}, ${scopesParameter(key.scopes)})`,
        id
      )
    }

    const all = Effect.flatMap(
      sql`
        SELECT id, tenant_id, name, scopes, floor(extract(epoch FROM created_at) * 1000)::float8 AS created_ms,
          floor(extract(epoch FROM revoked_at) * 1000)::float8 AS revoked_ms
        FROM api_keys ORDER BY created_at, id`,
      decodeRows
    )

    return ApiKeys.of({
      find: (secret) =>
        sql`SELECT id, tenant_id, scopes FROM tracker_api_key(${digest(secret)})`.pipe(
          Effect.flatMap(decodeFound),
          Effect.map(([row]) =>
            Option.map(Option.fromUndefinedOr(row), ({ id, scopes, tenant_id }) => ({
              keyId: id,
              tenantId: tenant_id,
              scopes
            }))
          ),
          stored,
          withDeadline()
        ),
      create: (key) => {
        const secret = makeSecret()
        return stored(Effect.map(insert(secret, key), (id) => ({ id, secret })))
      },
      ensure: (secret, key) =>
        stored(sql.withTransaction(Effect.gen(function*() {
          yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.firstKey})`
          const [row] = yield* sql<{ id: string; revoked: boolean; same_tenant: boolean; enough: boolean }>`
            SELECT id, revoked_at IS NOT NULL AS revoked, tenant_id = ${key.tenantId} AS same_tenant,
              scopes @> ${scopesParameter(key.scopes)} AS enough
            FROM api_keys WHERE secret_sha256 = ${digest(secret)}`
          if (row === undefined) return yield* insert(secret, key)
          if (row.revoked) return yield* new SecretTaken({ keyId: row.id, problem: "revoked" })
          if (!row.same_tenant) return yield* new SecretTaken({ keyId: row.id, problem: "other_tenant" })
          if (!row.enough) return yield* new SecretTaken({ keyId: row.id, problem: "fewer_scopes" })
          return row.id
        }))),
      createFirst: (key, keep) =>
        stored(sql.withTransaction(Effect.gen(function*() {
          yield* sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.firstKey})`
          const any = yield* sql`SELECT FROM api_keys LIMIT 1`
          if (any.length > 0) return Option.none()
          const secret = makeSecret()
          yield* insert(secret, key)
          yield* keep(secret)
          return Option.some(secret)
        }))),
      list: all.pipe(
        Effect.map((rows) =>
          rows.map((row) => ({
            id: row.id,
            tenantId: row.tenant_id,
            name: row.name,
            scopes: row.scopes,
            createdAt: DateTime.makeUnsafe(row.created_ms),
            revokedAt: Option.map(Option.fromNullOr(row.revoked_ms), DateTime.makeUnsafe)
          }))
        ),
        stored
      ),
      revoke: (id) =>
        stored(
          Effect.map(
            sql`UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${id} RETURNING id`,
            (rows) => rows.length > 0
          )
        )
    })
  })
)
