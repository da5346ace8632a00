import { EventIds } from "@durable-effect/core"
import { Clock, Effect, Exit, type Layer, LogLevel } from "effect"
import { HttpBody, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { timeRequests } from "../metrics/timeRequests.ts"
import { routeOf } from "./allowedMethods.ts"
import { CurrentRequest, type RequestInfo } from "./CurrentRequest.ts"
import { givenRequestId, instanceOf } from "./requestId.ts"

const problemType = "application/problem+json"

/** Adds the request's id to the response; for a problem, to its body too. */
const named = (response: HttpServerResponse.HttpServerResponse, id: string) => {
  const { body } = response
  const answer = HttpServerResponse.setHeader(response, "x-request-id", id)
  if (body._tag !== "Uint8Array" || body.contentType !== problemType) return answer
  const problem: object = JSON.parse(body.text ?? new TextDecoder().decode(body.body))
  return HttpServerResponse.setBody(answer, HttpBody.jsonUnsafe({ ...problem, instance: instanceOf(id) }, problemType))
}

/** One line per request, with the route template, so that no plan or task id gets into the log. */
const logged = Effect.fnUntraced(function*(
  { method, url }: HttpServerRequest.HttpServerRequest,
  { tenantId }: RequestInfo,
  startedAtMs: number,
  exit: Exit.Exit<HttpServerResponse.HttpServerResponse, unknown>
) {
  if (!(yield* LogLevel.isEnabled("Debug"))) return
  const durationMs = (yield* Clock.currentTimeMillis) - startedAtMs
  const status = Exit.isSuccess(exit) ? exit.value.status : "none, the client left"
  const line = { method, route: routeOf(url) ?? "unknown", status, durationMs, tenant: tenantId ?? "none" }
  yield* Effect.annotateLogs(Effect.logDebug("Request"), line)
})

/**
 * Gives every request an id, which appears in its response and in everything logged about it, and logs it at debug
 * level.
 */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.middleware(
  Effect.map(
    Effect.all([EventIds, timeRequests, Clock.Clock]),
    ([ids, timed, clock]) =>
      Effect.fnUntraced(function*(answer) {
        const request = yield* HttpServerRequest.HttpServerRequest
        const startedAtMs = yield* Clock.currentTimeMillis
        const id = givenRequestId(request.headers["x-request-id"]) ?? ids.next(startedAtMs)
        const info: RequestInfo = { id, tenantId: undefined }
        const beganAt = clock.currentTimeNanosUnsafe()
        const { method, url } = request
        return yield* Effect.map(answer, (response) => named(response, id)).pipe(
          Effect.provideService(CurrentRequest, info),
          Effect.onExit((exit) => {
            const seconds = Number(clock.currentTimeNanosUnsafe() - beganAt) / 1_000_000_000
            timed(method, url, Exit.isSuccess(exit) ? exit.value.status : undefined, seconds)
            return logged(request, info, startedAtMs, exit)
          }),
          Effect.annotateLogs("requestId", id)
        )
      })
  ),
  { global: true }
)
