import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Quarantine } from "../Quarantine.ts"
import { storedHashes } from "./EventIds.ts"
import { countRejected, deleteRejected, selectRejected } from "./RejectedEvents.ts"
import { TenantSql } from "./TenantSql.ts"

/** Adapter: PostgreSQL, under the tenant's role. */
export const layer: Layer.Layer<Quarantine, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  Quarantine,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const tenants = yield* TenantSql
    const within = <A, E>(tenantId: string, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
      tenants.within(tenantId)(Effect.provideService(effect, SqlClient.SqlClient, sql))
    return {
      page: (tenantId, request) => within(tenantId, selectRejected(tenantId, request)),
      counts: (tenantId) => within(tenantId, countRejected(tenantId)),
      remove: (tenantId, ids) => ids.length === 0 ? Effect.void : within(tenantId, deleteRejected(tenantId, ids)),
      storedHashes: (tenantId, eventIds) => within(tenantId, storedHashes(tenantId, eventIds))
    }
  })
)
