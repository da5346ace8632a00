import { Effect } from "effect"
import type { Principal } from "../api/Authorization.ts"
import { Forbidden, Unavailable } from "../api/errors.ts"
import { TenantErasure } from "../erasure/TenantErasure.ts"

/** Erases the caller's own tenant, the caller's key last of all. */
export const eraseTenant = Effect.fn("eraseTenant")(function*({ keyId, tenantId }: Principal, asked: string) {
  if (asked !== tenantId) {
    return yield* new Forbidden({
      detail: "A key can erase its own tenant and no other; `tracker-server tenants erase` can, beside the database."
    })
  }
  const erasure = yield* TenantErasure
  const rows = yield* erasure.erase(tenantId, keyId).pipe(
    Effect.catchTag("ErasureHeldUp", ({ message }) => Effect.fail(new Unavailable({ detail: message })))
  )
  return { tenant_id: tenantId, rows }
})
