import { Effect, Predicate, Schema } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import type * as problems from "../api/errors.ts"

/** There was no response: the server is down, the address is wrong, or the connection broke. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  /** Where the response should have come from. */
  url: Schema.String,
  cause: Schema.Defect()
}) {
  /** What happened, without what to do about it. */
  get problem(): string {
    return `${this.url} does not answer (${innermost(this.cause)})`
  }

  override get message() {
    return `${this.problem}. Check the address, and that the server runs.`
  }
}

/** A response that tracker-server does not give: something else listens there, or stands in between. */
export class UnexpectedAnswer extends Schema.TaggedError<UnexpectedAnswer>()("UnexpectedAnswer", {
  url: Schema.String,
  /** The response's status; absent if the status is as expected but the body is not. */
  status: Schema.optionalKey(Schema.Int)
}) {
  override get message() {
    const what = this.status === undefined ? "an answer that cannot be read" : `status ${this.status}`
    return `${this.url} gave ${what}, as tracker-server of this version does not. Check the address, and both versions.`
  }
}

/** A problem reported by the server that has no class of its own, such as its own failure (500). */
export class OtherProblem extends Schema.TaggedError<OtherProblem>()("OtherProblem", {
  type: Schema.String,
  status: Schema.Int,
  title: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

/** A problem with its own class: each has `status`, `type`, `title` and `detail`, which is also its message. */
export type DeclaredProblem =
  | problems.BadRequest
  | problems.Unauthorized
  | problems.Forbidden
  | problems.NotFound
  | problems.PayloadTooLarge
  | problems.UnsupportedMediaType
  | problems.TooManyRequests
  | problems.Unavailable

/** Everything a call can fail with. */
export type ClientError = DeclaredProblem | OtherProblem | Unreachable | UnexpectedAnswer

/** What Effect's derived client fails with. */
export type Failure = ClientError | HttpClientError.HttpClientError | Schema.SchemaError

/** Whether a retry a little later may help: nobody responded, or the server is overloaded. */
export const isPassing = (error: ClientError): boolean =>
  error._tag === "Unreachable" || error._tag === "Unavailable" || error._tag === "TooManyRequests" ||
  ("status" in error && error.status !== undefined && error.status >= 500)

/** The root cause of an error: `fetch failed` says nothing, `connect ECONNREFUSED 127.0.0.1:8084` everything. */
const innermost = (error: unknown): string => {
  if (Predicate.hasProperty(error, "cause") && error.cause !== undefined) return innermost(error.cause)
  // If a name has several addresses, each of them failed.
  if (error instanceof AggregateError && error.message === "") return innermost(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

const readProblem = Schema.decodeUnknownEffect(Schema.fromJsonString(
  Schema.Struct({ type: Schema.String, status: Schema.Int, title: Schema.String, detail: Schema.String })
))

const ofAnswer = (url: string, response: HttpClientResponse.HttpClientResponse): Effect.Effect<ClientError> =>
  Effect.matchEffect(response.text, {
    onFailure: (broken) => Effect.succeed(new Unreachable({ url, cause: broken.cause ?? broken })),
    onSuccess: (text) =>
      Effect.match(readProblem(text), {
        onFailure: () => new UnexpectedAnswer({ url, status: response.status }),
        onSuccess: (problem) => new OtherProblem(problem)
      })
  })

const explained = (url: string, failure: Failure): Effect.Effect<ClientError> => {
  if (Schema.isSchemaError(failure)) return Effect.succeed(new UnexpectedAnswer({ url }))
  if (failure._tag !== "HttpClientError") return Effect.succeed(failure)
  return failure.response === undefined
    ? Effect.succeed(new Unreachable({ url, cause: failure.cause ?? failure }))
    : ofAnswer(url, failure.response)
}

/** Maps a call's failures to `ClientError`; `url` is the server's. */
export const withClientErrors = (url: string) => <A, R>(call: Effect.Effect<A, Failure, R>) =>
  call.pipe(Effect.catch((failure) => Effect.flatMap(explained(url, failure), Effect.fail)))
