import { Context, Effect, Layer, Option, Redacted } from "effect"
import {
  AdminAuthorization,
  CurrentPrincipal,
  IngestAuthorization,
  type KeyScope,
  type Principal,
  QueryAuthorization
} from "../api/Authorization.ts"
import { Forbidden, Unauthorized, Unavailable } from "../api/errors.ts"
import { CurrentRequest } from "../http/CurrentRequest.ts"
import { RecentKeys } from "./RecentKeys.ts"

/** Longer than any key that we create or accept; spares the database pointless lookups. */
const maxSecretLength = 1024

/** The same whether a key never existed or was revoked. */
export const unknownKey = new Unauthorized({
  detail: "This API key is unknown or was revoked. Check the Authorization header."
})

const authorize = Effect.fnUntraced(function*(secret: Redacted.Redacted, scope: KeyScope) {
  const keys = yield* RecentKeys
  const { length } = Redacted.value(secret)
  if (length === 0 || length > maxSecretLength) {
    return yield* new Unauthorized({
      detail: "Send an API key as `Authorization: Bearer <key>`; `tracker-server keys create` makes one."
    })
  }
  const found = yield* keys.find(secret).pipe(
    Effect.catchTag("StoreUnavailable", () =>
      Effect.fail(
        new Unavailable({
          detail: "The key cannot be checked while the database is away. Send the request again later."
        })
      ))
  )
  if (Option.isNone(found)) return yield* unknownKey
  if (!found.value.scopes.includes(scope)) {
    return yield* new Forbidden({ detail: `This needs a key with the scope ${scope}; the key sent does not have it.` })
  }
  return found.value
})

/** Lets the log name the request's tenant. */
const noteTenant = ({ tenantId }: Principal) =>
  Effect.map(CurrentRequest, (request) => {
    if (request !== undefined) request.tenantId = tenantId
  })

/** The authorization middleware: looks up the key and passes its principal to the handler. */
export const layer = Layer.effectContext(
  Effect.gen(function*() {
    const keys = yield* RecentKeys
    const guard = (scope: KeyScope) => ({
      bearer: <A, E, R>(
        answer: Effect.Effect<A, E, R | CurrentPrincipal>,
        { credential }: { readonly credential: Redacted.Redacted }
      ) =>
        Effect.flatMap(
          Effect.provideService(authorize(credential, scope), RecentKeys, keys),
          (principal) =>
            Effect.andThen(noteTenant(principal), Effect.provideService(answer, CurrentPrincipal, principal))
        )
    })
    return Context.make(IngestAuthorization, guard("ingest")).pipe(
      Context.add(QueryAuthorization, guard("query")),
      Context.add(AdminAuthorization, guard("admin"))
    )
  })
)
