import { Cause, Effect, type Layer } from "effect"
import { HttpRouter, HttpServerError, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import { keyNotFound } from "../admin/answerKeys.ts"
import { BadRequest, MethodNotAllowed, NoSuchRoute, type NotFound, UnsupportedMediaType } from "../api/errors.ts"
import { groupNotFound } from "../query/answerGroup.ts"
import { jobNotFound } from "../query/answerJobs.ts"
import { sessionNotFound } from "../query/answerSessionPlans.ts"
import { taskNotFound } from "../query/answerTask.ts"
import { planNotFound } from "../query/foundPlan.ts"
import { allowedMethods } from "./allowedMethods.ts"
import { bodyTooLarge } from "./bodyLimit.ts"

const problemType = "application/problem+json"

/** Seconds after which a client may retry. */
const retryAfterSeconds = "1"

const respond = (problem: HttpServerRespondable.Respondable) => Effect.orDie(problem[HttpServerRespondable.symbol]())

const isPercentEncoded = (path: string): boolean => {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** The problem for an id that nothing can have, by the prefix of its route. */
const notFoundBelow: ReadonlyArray<readonly [prefix: string, problem: NotFound]> = [
  ["/v1/admin/keys/", keyNotFound],
  ["/v1/tracker/jobs/", jobNotFound],
  ["/v1/tracker/sessions/", sessionNotFound],
  ["/v1/tracker/tasks/", taskNotFound],
  ["/v1/tracker/delegation-groups/", groupNotFound]
]

const notFound = (url: string) => notFoundBelow.find(([prefix]) => url.startsWith(prefix))?.[1] ?? planNotFound

const noRoute = ({ method, url }: HttpServerRequest.HttpServerRequest) => {
  const allowed = allowedMethods(url)
  if (allowed.length === 0) {
    return respond(new NoSuchRoute({ detail: "There is no such route; /openapi.json lists them all." }))
  }
  if (!allowed.includes(method)) {
    return Effect.map(
      respond(new MethodNotAllowed({ detail: `This route takes ${allowed.join(", ")}, not ${method}.` })),
      HttpServerResponse.setHeader("allow", allowed.join(", "))
    )
  }
  // The router accepts the route and the method, so it must be the id: one that nothing can have.
  return respond(
    isPercentEncoded(url.split("?", 1)[0] ?? "") ? notFound(url) : new BadRequest({
      detail: "The path is not percent-encoded UTF-8: write a % of an id as %25, other characters as their bytes."
    })
  )
}

/** `Missing key\n  at ["agent_id"]` in the query becomes `agent_id in the request's query: missing key.` */
const misfit = (kind: string, message: string) => {
  const [, problem = message, path = ""] = /^(.*?)\s*\n\s*at (.*)$/s.exec(message) ?? []
  const field = path.replaceAll(/[[\]"]/g, "")
  return `${field === "" ? "Something" : field} in the request's ${kind.toLowerCase()}: ${problem.toLowerCase()}.`
}

const unexpected = HttpServerResponse.jsonUnsafe({
  type: "urn:durable-effect:problem:internal",
  status: 500,
  title: "The server failed",
  detail: "The server's log has details. The request may be sent again: nothing is stored twice."
}, { status: 500, contentType: problemType })

/** Failures that no handler answers: an unknown route, an unreadable parameter, a defect. */
const answerFailure = <E>(
  cause: Cause.Cause<E>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse, E> => {
  // The client disconnected, or the server is stopping: nobody waits for a response.
  if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
  const failure = Cause.squash(cause)
  if (HttpServerError.isHttpServerError(failure)) {
    if (failure.reason._tag === "RouteNotFound") return noRoute(request)
    if (failure.reason._tag === "RequestParseError") {
      if (failure.reason.reason === "BodyTooLarge") return respond(bodyTooLarge)
      return respond(new BadRequest({ detail: "The request cannot be read: its body was cut off or is malformed." }))
    }
  }
  if (HttpApiError.HttpApiSchemaError.is(failure) && failure.kind !== "Body" && failure.kind !== "ResponseHeaders") {
    return respond(new BadRequest({ detail: misfit(failure.kind, failure.cause.message) }))
  }
  return Effect.as(Effect.logError("A request failed", cause), unexpected)
}

const withStandardHeaders = (response: HttpServerResponse.HttpServerResponse) => {
  switch (response.status) {
    case 401:
      return HttpServerResponse.setHeader(response, "www-authenticate", "Bearer realm=\"tracker-server\"")
    case 429:
    case 503:
      return HttpServerResponse.setHeader(response, "retry-after", response.headers["retry-after"] ?? retryAfterSeconds)
    default:
      return response
  }
}

/** The router rejects a body of another type with its own text. */
const withProblem = (response: HttpServerResponse.HttpServerResponse) =>
  response.status === 415 && response.body._tag !== "Empty" && response.body.contentType !== problemType
    ? respond(new UnsupportedMediaType({ detail: "Send this route's body as application/json." }))
    : Effect.succeed(response)

/** Answers every failure as `application/problem+json`, with the headers its status requires. */
export const layer: Layer.Layer<never, never, HttpRouter.HttpRouter> = HttpRouter.middleware(
  (answer) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.map(
        Effect.flatMap(Effect.catchCause(answer, (cause) => answerFailure(cause, request)), withProblem),
        withStandardHeaders
      )),
  { global: true }
)
