import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

const problem = <const Name extends string>(name: Name) => `urn:durable-effect:problem:${name}` as const

/** One sentence that says what to do next; never text written by another tenant. */
const detail = { detail: Schema.String }

/** The request cannot be parsed: its JSON, its encoding or a parameter. */
export class BadRequest extends HttpApiError.Problem<BadRequest>()(
  "BadRequest",
  { type: problem("bad-request"), status: 400, title: "The request cannot be read" },
  detail
) {}

export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  { type: problem("unauthorized"), status: 401, title: "An API key is needed" },
  detail
) {}

export class Forbidden extends HttpApiError.Problem<Forbidden>()(
  "Forbidden",
  { type: problem("forbidden"), status: 403, title: "This API key may not do that" },
  detail
) {}

/** The same whether the thing never existed or belongs to another tenant. */
export class NotFound extends HttpApiError.Problem<NotFound>()(
  "NotFound",
  { type: problem("not-found"), status: 404, title: "There is no such thing" },
  detail
) {}

/** Unlike `NotFound`, it says nothing about what was asked for: the address is wrong, or of another version's API. */
export class NoSuchRoute extends HttpApiError.Problem<NoSuchRoute>()(
  "NoSuchRoute",
  { type: problem("no-such-route"), status: 404, title: "There is no such route" },
  detail
) {}

export class MethodNotAllowed extends HttpApiError.Problem<MethodNotAllowed>()(
  "MethodNotAllowed",
  { type: problem("method-not-allowed"), status: 405, title: "This route does not take that method" },
  detail
) {}

export class PayloadTooLarge extends HttpApiError.Problem<PayloadTooLarge>()(
  "PayloadTooLarge",
  { type: problem("payload-too-large"), status: 413, title: "The request is too large" },
  { ...detail, limit: Schema.Natural }
) {}

export class UnsupportedMediaType extends HttpApiError.Problem<UnsupportedMediaType>()(
  "UnsupportedMediaType",
  { type: problem("unsupported-media-type"), status: 415, title: "The body's type or encoding is not known" },
  detail
) {}

/** The tenant has too much in flight: nothing of the request was stored; retry it after `Retry-After`. */
export class TooManyRequests extends HttpApiError.Problem<TooManyRequests>()(
  "TooManyRequests",
  { type: problem("too-many-requests"), status: 429, title: "Too much is under way" },
  detail
) {}

/** The store is down or overloaded: nothing of the request was stored; retry it after `Retry-After`. */
export class Unavailable extends HttpApiError.Problem<Unavailable>()(
  "Unavailable",
  { type: problem("unavailable"), status: 503, title: "The store cannot be reached" },
  detail
) {}
