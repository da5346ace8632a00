import { Effect } from "effect"
import type { Principal } from "../api/Authorization.ts"
import { Forbidden, Unavailable } from "../api/errors.ts"
import { TenantErasure } from "../erasure/TenantErasure.ts"
import { unknownKey } from "../identity/authorization.ts"

/** Erases the caller's own tenant, and the caller's key last. */
export const eraseTenant = Effect.fn("eraseTenant")(function*({ keyId, tenantId }: Principal, asked: string) {
  if (asked !== tenantId) {
    return yield* new Forbidden({
      detail:
        "A key can erase only its own tenant; for others, run `tracker-server tenants erase` with access to the database."
    })
  }
  const erasure = yield* TenantErasure
  const rows = yield* erasure.erase(tenantId, keyId).pipe(
    Effect.catchTags({
      ErasureHeldUp: ({ message }) => Effect.fail(new Unavailable({ detail: message })),
      ActorRevoked: () => Effect.fail(unknownKey)
    })
  )
  return { tenant_id: tenantId, rows }
})
