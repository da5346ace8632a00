import { Effect, Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { RejectedStore } from "../RejectedStore.ts"
import { askTenant } from "./askTenant.ts"
import { storedHashes } from "./EventIds.ts"
import { countRejected, deleteRejected, selectRejected } from "./RejectedEvents.ts"
import type { TenantSql } from "./TenantSql.ts"

/** Adapter: PostgreSQL, under the tenant's role. */
export const layer: Layer.Layer<RejectedStore, never, SqlClient.SqlClient | TenantSql> = Layer.effect(
  RejectedStore,
  Effect.map(askTenant, (ask) => ({
    page: (tenantId, request) => ask(tenantId, selectRejected(tenantId, request)),
    counts: (tenantId) => ask(tenantId, countRejected(tenantId)),
    remove: (tenantId, ids) => ids.length === 0 ? Effect.void : ask(tenantId, deleteRejected(tenantId, ids)),
    storedHashes: (tenantId, eventIds) => ask(tenantId, storedHashes(tenantId, eventIds))
  }))
)
