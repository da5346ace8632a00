import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { advisoryLock } from "../storage/postgres/advisoryLock.ts"
import { withDeadline } from "../storage/postgres/deadline.ts"
import { orUnavailable } from "../storage/postgres/TenantSql.ts"
import { allKeys, compareKey, findKey, insertKey, insertOwnKey, isAnyKey, keysOf, revokeKey } from "./apiKeyRows.ts"
import { ApiKeys, SecretTaken } from "./ApiKeys.ts"
import { makeSecret } from "./secret.ts"

/** Adapter: PostgreSQL, connecting as the owner, whom row-level security lets see all tenants. */
export const layer = Layer.effect(
  ApiKeys,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const stored = <A, E, R>(effect: Effect.Effect<A, E | SqlError | Schema.SchemaError, R>) =>
      effect.pipe(
        Effect.provideService(SqlClient.SqlClient, sql),
        Effect.catchIf(Schema.isSchemaError, Effect.die),
        Effect.catchIf(isSqlError, orUnavailable)
      )
    /** Lets only one server at a time create keys. */
    const alone = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      stored(sql.withTransaction(
        Effect.andThen(sql`SELECT pg_advisory_xact_lock(${advisoryLock.space}, ${advisoryLock.firstKey})`, effect)
      ))

    return ApiKeys.of({
      find: (secret) => withDeadline()(stored(Effect.map(findKey(secret), Option.fromUndefinedOr))),
      create: (key, by) => withDeadline()(stored(insertKey(makeSecret(), key, by))),
      ensure: (secret, key) =>
        alone(Effect.gen(function*() {
          const row = yield* compareKey(secret, key)
          if (row === undefined) return (yield* insertOwnKey(secret, key)).id
          if (row.revoked) return yield* new SecretTaken({ keyId: row.id, problem: "revoked" })
          if (!row.same_tenant) return yield* new SecretTaken({ keyId: row.id, problem: "other_tenant" })
          if (!row.enough) return yield* new SecretTaken({ keyId: row.id, problem: "fewer_scopes" })
          return row.id
        })),
      createFirst: (key, keep) =>
        alone(Effect.gen(function*() {
          if (yield* isAnyKey) return Option.none()
          const { secret } = yield* insertOwnKey(makeSecret(), key)
          yield* keep(secret)
          return Option.some(secret)
        })),
      list: stored(allKeys),
      page: (tenantId, afterId, count) => withDeadline()(stored(keysOf(tenantId, afterId, count))),
      revoke: (id, by, tenantId) => withDeadline()(stored(revokeKey(id, by, tenantId)))
    })
  })
)
