import { Effect, Redacted } from "effect"
import type { Key, NewKey } from "../api/adminViews.ts"
import type { Principal } from "../api/Authorization.ts"
import { NotFound } from "../api/errors.ts"
import { type ApiKey, ApiKeys } from "../identity/ApiKeys.ts"
import { unknownKey } from "../identity/authorization.ts"
import { identifierFault } from "../ingest/identifier.ts"
import { shownInstant } from "../projection/instant.ts"
import { type CursorScope, decodeCursor, encodeCursor, PositionId } from "../query/cursor.ts"
import { pageLimit, type PageRequest } from "../query/page.ts"

const keyView = (key: ApiKey): Key => ({
  key_id: key.id,
  tenant_id: key.tenantId,
  name: key.name,
  scopes: key.scopes,
  created_at: shownInstant(key.createdAt),
  ...(key.revokedAt === null ? {} : { revoked_at: shownInstant(key.revokedAt) })
})

/** The tenant's keys, oldest first. */
export const answerKeys = Effect.fn("answerKeys")(function*({ tenantId }: Principal, page: PageRequest) {
  const apiKeys = yield* ApiKeys
  const scope: CursorScope = { tenantId, list: "keys", id: "" }
  const limit = yield* pageLimit(page)
  const after = page.cursor === undefined ? null : yield* decodeCursor(scope, PositionId, page.cursor)
  const found = yield* apiKeys.page(tenantId, after, limit + 1)
  const keys = found.slice(0, limit)
  const last = keys.at(-1)
  return {
    keys: keys.map(keyView),
    ...(last === undefined || found.length <= limit ? {} : { next_cursor: encodeCursor(scope, last.id) })
  }
})

/** Creates a key for the caller's tenant and shows its secret this once. */
export const createKey = Effect.fn("createKey")(
  function*({ keyId, tenantId }: Principal, { name = "", scopes }: NewKey) {
    const apiKeys = yield* ApiKeys
    const asked = { tenantId, name, scopes: [...new Set(scopes)] }
    const { createdAt, id, secret } = yield* apiKeys.create(asked, keyId).pipe(
      Effect.catchTag("ActorRevoked", () => Effect.fail(unknownKey))
    )
    return { ...keyView({ ...asked, id, createdAt, revokedAt: null }), secret: Redacted.value(secret) }
  }
)

/** The same whether a key never existed or belongs to another tenant. */
export const keyNotFound = new NotFound({
  detail: "This tenant has no key with this id; GET /v1/admin/keys lists all."
})

/** Revokes a key of the caller's tenant. */
export const revokeKey = Effect.fn("revokeKey")(function*({ keyId, tenantId }: Principal, id: string) {
  const apiKeys = yield* ApiKeys
  const found = identifierFault(id) === undefined && (yield* apiKeys.revoke(id, keyId, tenantId))
  if (!found) yield* keyNotFound
})
