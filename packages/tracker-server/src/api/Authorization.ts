import { Context, Schema } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Forbidden, Unauthorized, Unavailable } from "./errors.ts"

/** The permissions of an API key. */
export const KeyScope = Schema.Literals(["ingest", "query", "admin"])
export type KeyScope = typeof KeyScope.Type

/** The authenticated caller. Determined by the key alone; no header, query or event field can change it. */
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

/** Requires a key with the scope `ingest`. */
export class IngestAuthorization extends HttpApiMiddleware.Service<IngestAuthorization, {
  provides: CurrentPrincipal
}>()("@durable-effect/tracker-server/IngestAuthorization", { security, error }) {}

/** Requires a key with the scope `query`. */
export class QueryAuthorization extends HttpApiMiddleware.Service<QueryAuthorization, {
  provides: CurrentPrincipal
}>()("@durable-effect/tracker-server/QueryAuthorization", { security, error }) {}

/** Requires a key with the scope `admin`. */
export class AdminAuthorization extends HttpApiMiddleware.Service<AdminAuthorization, {
  provides: CurrentPrincipal
}>()("@durable-effect/tracker-server/AdminAuthorization", { security, error }) {}
