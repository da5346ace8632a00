import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { CreatedKey, Erased, KeyPage, NewKey, RejectedPage, Replayed } from "./adminViews.ts"
import { AdminAuthorization } from "./Authorization.ts"
import { BadRequest, Forbidden, NotFound, PayloadTooLarge, Unauthorized, Unavailable } from "./errors.ts"
import { page } from "./page.ts"
import { RejectionCode } from "./views.ts"

const error = [BadRequest, Unavailable] as const
const code = Schema.optionalKey(RejectionCode.annotate({ description: "Only events refused for this reason." }))

/** A tenant's own keys, its refused events and its end. All of it is about the tenant of the key that asks. */
export class AdminApi extends HttpApiGroup.make("admin")
  .add(
    HttpApiEndpoint.get("keys", "/keys", { query: page, success: KeyPage, error }).annotate(
      OpenApi.Summary,
      "The tenant's API keys, without their secrets"
    ),
    HttpApiEndpoint.post("createKey", "/keys", {
      payload: NewKey,
      success: CreatedKey.pipe(HttpApiSchema.status(201)),
      error: [Unauthorized, PayloadTooLarge, ...error]
    }).annotate(OpenApi.Summary, "Make an API key"),
    HttpApiEndpoint.delete("revokeKey", "/keys/:id", {
      params: { id: Schema.String },
      success: HttpApiSchema.NoContent,
      error: [NotFound, ...error]
    }).annotate(OpenApi.Summary, "End an API key for good"),
    HttpApiEndpoint.delete("eraseTenant", "/tenants/:tenant", {
      params: { tenant: Schema.String },
      success: Erased,
      error: [Forbidden, ...error]
    }).annotate(OpenApi.Summary, "Delete all of the tenant"),
    HttpApiEndpoint.get("rejected", "/rejected", { query: { code, ...page }, success: RejectedPage, error }).annotate(
      OpenApi.Summary,
      "Events that were refused, newest first"
    ),
    HttpApiEndpoint.post("replayRejected", "/rejected/replay", {
      query: {
        code,
        dry_run: Schema.optionalKey(
          Schema.Literals(["true", "false"]).annotate({ description: "true: says what would be, and changes nothing." })
        ),
        ...page
      },
      success: Replayed,
      error
    }).annotate(OpenApi.Summary, "Read refused events again and take in what is good now")
  )
  .middleware(AdminAuthorization)
  .prefix("/v1/admin")
  .annotate(OpenApi.Description, "A tenant's own keys, its refused events, and its end.")
{}
