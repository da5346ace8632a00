import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Redacted } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal } from "../api/Authorization.ts"
import { BadRequest, Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { describeFault, identifierFault } from "../ingest/identifier.ts"
import { LiveStreams } from "./LiveStreams.ts"
import { parsePosition } from "./position.ts"

const unavailable = new Unavailable({ detail: "The database does not answer. Come again later." })

const wrongId = new BadRequest({
  detail: "Last-Event-ID is not one of this stream: give back the `id` of a message as it is, or none to start now."
})

/** A client without an id sends an empty one. */
const givenPosition = (id: string | undefined) => {
  if (id === undefined || id === "") return Effect.succeed(null)
  const position = parsePosition(id)
  return position === undefined ? Effect.fail(wrongId) : Effect.succeed(position)
}

const givenPlan = (plan: string | undefined) => {
  if (plan === undefined) return Effect.succeed(null)
  const fault = identifierFault(plan)
  return fault === undefined
    ? Effect.succeed(plan)
    : Effect.fail(new BadRequest({ detail: `plan_id ${describeFault(fault)}: no plan has it.` }))
}

// Proxies must neither buffer nor cache messages.
const headers = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" }

/** Live events. */
export const StreamHandlers = HttpApiBuilder.group(
  TrackerApi,
  "stream",
  Effect.fn(function*(handlers) {
    const streams = yield* LiveStreams
    return handlers.handleRaw(
      "stream",
      Effect.fnUntraced(
        function*({ headers: given, query, request }) {
          const principal = yield* CurrentPrincipal
          const plan = yield* givenPlan(query.plan_id)
          // A browser reconnects with its original URL, and sends the newer id in the header.
          const from = yield* givenPosition(given["last-event-id"] ?? query.last_event_id)
          const { socket } = NodeHttpServerRequest.toIncomingMessage(request)
          const stream = yield* streams.open({
            principal,
            secret: Redacted.make((request.headers["authorization"] ?? "").slice("Bearer ".length)),
            plan,
            from,
            cutOff: () => socket.destroy()
          })
          return HttpServerResponse.stream(stream, { headers })
        },
        Effect.catchTag("StoreUnavailable", () => Effect.fail(unavailable))
      )
    )
  })
)
