import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { RejectedStore } from "../RejectedStore.ts"
import { askTenant } from "./askTenant.ts"
import { storedHashes } from "./EventIds.ts"
import { countRejected, deleteRejected, selectRejected } from "./RejectedEvents.ts"
import { TenantSql } from "./TenantSql.ts"

/** Adapter: PostgreSQL, under the tenant's role. */
export const layer: Layer.Layer<RejectedStore, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  RejectedStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { within } = yield* TenantSql
    const ask = yield* askTenant
    const remove = (tenantId: string, ids: ReadonlyArray<string>) =>
      within(tenantId)(Effect.provideService(deleteRejected(tenantId, ids), SqlClient.SqlClient, sql))
    return {
      page: (tenantId, request) => ask(tenantId, selectRejected(tenantId, request)),
      counts: (tenantId) => ask(tenantId, countRejected(tenantId)),
      remove: (tenantId, ids) => ids.length === 0 ? Effect.void : remove(tenantId, ids),
      storedHashes: (tenantId, eventIds) => ask(tenantId, storedHashes(tenantId, eventIds))
    }
  })
)
