import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { CreatedKey, Erased, KeyPage, NewKey, RejectedPage, Replayed } from "./adminViews.ts"
import { AdminAuthorization } from "./Authorization.ts"
import { BadRequest, Forbidden, NotFound, PayloadTooLarge, Unauthorized, Unavailable } from "./errors.ts"
import { page } from "./page.ts"
import { RejectionCode } from "./views.ts"

const error = [BadRequest, Unavailable] as const
const code = Schema.optionalKey(RejectionCode.annotate({ description: "Only events rejected with this code." }))

/** A tenant's own keys, its rejected events and its deletion. Everything concerns the tenant of the key used. */
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
    }).annotate(OpenApi.Summary, "Create an API key"),
    HttpApiEndpoint.delete("revokeKey", "/keys/:id", {
      params: { id: Schema.String },
      success: HttpApiSchema.NoContent,
      error: [NotFound, ...error]
    }).annotate(OpenApi.Summary, "Revoke an API key permanently"),
    HttpApiEndpoint.delete("eraseTenant", "/tenants/:tenant", {
      params: { tenant: Schema.String },
      success: Erased,
      error: [Forbidden, ...error]
    }).annotate(OpenApi.Summary, "Delete all data of the tenant"),
    HttpApiEndpoint.get("rejected", "/rejected", { query: { code, ...page }, success: RejectedPage, error }).annotate(
      OpenApi.Summary,
      "Rejected events, newest first"
    ),
    HttpApiEndpoint.post("replayRejected", "/rejected/replay", {
      query: {
        code,
        dry_run: Schema.optionalKey(
          Schema.Literals(["true", "false"]).annotate({
            description: "If true, reports what would happen and changes nothing."
          })
        ),
        ...page
      },
      success: Replayed,
      error
    }).annotate(OpenApi.Summary, "Replay rejected events and store those that are now valid")
  )
  .middleware(AdminAuthorization)
  .prefix("/v1/admin")
  .annotate(OpenApi.Description, "A tenant's own keys, its rejected events and its deletion.")
{}
