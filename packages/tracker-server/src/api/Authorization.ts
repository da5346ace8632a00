import { Context, Schema } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Forbidden, Unauthorized, Unavailable } from "./errors.ts"

/** What an API key allows. */
export const KeyScope = Schema.Literals(["ingest", "query", "admin"])
export type KeyScope = typeof KeyScope.Type

/** Who is asking. The key alone decides it; no header, query or field of an event can change it. */
export interface Principal {
  readonly keyId: string
  readonly tenantId: string
  readonly scopes: ReadonlyArray<KeyScope>
}

/** The principal of the current request. */
export class CurrentPrincipal
  extends Context.Service<CurrentPrincipal, Principal>()("@durable-effect/tracker-server/CurrentPrincipal")
{}

const security = { bearer: HttpApiSecurity.bearer }
const error = [Unauthorized, Forbidden, Unavailable] as const

/** Lets in keys with the scope `ingest`. */
export class IngestAuthorization extends HttpApiMiddleware.Service<IngestAuthorization, {
  provides: CurrentPrincipal
}>()("@durable-effect/tracker-server/IngestAuthorization", { security, error }) {}

/** Lets in keys with the scope `query`. */
export class QueryAuthorization extends HttpApiMiddleware.Service<QueryAuthorization, {
  provides: CurrentPrincipal
}>()("@durable-effect/tracker-server/QueryAuthorization", { security, error }) {}

/** Lets in keys with the scope `admin`. */
export class AdminAuthorization extends HttpApiMiddleware.Service<AdminAuthorization, {
  provides: CurrentPrincipal
}>()("@durable-effect/tracker-server/AdminAuthorization", { security, error }) {}
