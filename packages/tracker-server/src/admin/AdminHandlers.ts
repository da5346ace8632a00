import { Effect, Fiber } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal, type Principal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import type { TenantErasure } from "../erasure/TenantErasure.ts"
import { linked } from "../http/linked.ts"
import type { ApiKeys } from "../identity/ApiKeys.ts"
import { RecentKeys } from "../identity/RecentKeys.ts"
import type { EventStore } from "../storage/EventStore.ts"
import type { RejectedStore } from "../storage/RejectedStore.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { eraseTenant } from "./answerErasure.ts"
import { answerKeys, createKey, revokeKey } from "./answerKeys.ts"
import { answerRejected, replayRejected } from "./answerRejected.ts"

const unavailable = new Unavailable({
  detail: "The database does not respond. Retry later: what was done stays done, and nothing is done twice."
})

/** The one request of these that is not the same when it is repeated. */
const createdPerhaps = new Unavailable({
  detail:
    "The database does not respond, so it is unknown whether the key was created. Look in GET /v1/admin/keys later: " +
    "revoke one whose secret nobody has, then create another."
})

/** Secrets are for the caller only, not for caches on the way. */
const noStore = HttpEffect.appendPreResponseHandler((_, response) =>
  Effect.succeed(HttpServerResponse.setHeader(response, "cache-control", "no-store"))
)

type Services = ApiKeys | EventStore | RejectedStore | TenantErasure

/** What a tenant can do with its own keys and data over HTTP. */
export const AdminHandlers = HttpApiBuilder.group(
  TrackerApi,
  "admin",
  Effect.fn(function*(handlers) {
    const services = yield* Effect.context<Services>()
    const { forget } = yield* RecentKeys
    const serverScope = yield* Effect.scope
    const ask = <A, E, R>(
      question: (principal: Principal) => Effect.Effect<A, E | StoreUnavailable, R | Services>,
      otherwise = unavailable
    ) =>
      Effect.flatMap(CurrentPrincipal, question).pipe(
        Effect.provideContext(services),
        Effect.catchTag("StoreUnavailable", () => Effect.fail(otherwise))
      )
    /** Continues if the client disconnects, until the server stops: a half-done erasure helps nobody. */
    const toTheEnd = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.flatMap(Effect.forkIn(effect, serverScope), Fiber.join)
    return handlers.handleAll({
      keys: ({ query }) => linked(ask((principal) => answerKeys(principal, query))),
      createKey: ({ payload }) =>
        Effect.tap(ask((principal) => createKey(principal, payload), createdPerhaps), noStore),
      revokeKey: ({ params }) => Effect.ensuring(ask((principal) => revokeKey(principal, params.id)), forget),
      eraseTenant: ({ params }) =>
        toTheEnd(Effect.ensuring(ask((principal) => eraseTenant(principal, params.tenant)), forget)),
      rejected: ({ query }) => linked(ask((principal) => answerRejected(principal, query))),
      replayRejected: ({ query }) => linked(ask((principal) => replayRejected(principal, query)))
    })
  })
)
