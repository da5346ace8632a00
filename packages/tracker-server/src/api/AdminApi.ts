import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
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
    HttpApiEndpoint.get("keys", "/keys", { query: page, success: KeyPage, error }),
    HttpApiEndpoint.post("createKey", "/keys", {
      payload: NewKey,
      success: CreatedKey.pipe(HttpApiSchema.status(201)),
      error: [Unauthorized, PayloadTooLarge, ...error]
    }),
    HttpApiEndpoint.delete("revokeKey", "/keys/:id", {
      params: { id: Schema.String },
      success: HttpApiSchema.NoContent,
      error: [NotFound, ...error]
    }),
    HttpApiEndpoint.delete("eraseTenant", "/tenants/:tenant", {
      params: { tenant: Schema.String },
      success: Erased,
      error: [Forbidden, ...error]
    }),
    HttpApiEndpoint.get("rejected", "/rejected", { query: { code, ...page }, success: RejectedPage, error }),
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
    })
  )
  .middleware(AdminAuthorization)
  .prefix("/v1/admin")
{}
