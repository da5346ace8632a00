import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { IngestAuthorization } from "./Authorization.ts"
import { BadRequest, PayloadTooLarge, TooManyRequests, Unavailable, UnsupportedMediaType } from "./errors.ts"
import { exampleBatch } from "./examples.ts"
import { IngestAnswer } from "./views.ts"

/** The documented body. It is read event by event, so that one bad event never takes another down. */
export const IngestBatch = Schema.Struct({
  events: Schema.Array(Schema.Unknown),
  lost: Schema.optionalKey(Schema.Struct({
    tracker: Schema.String,
    serviceKey: Schema.String,
    counts: Schema.Record(Schema.String, Schema.Natural)
  }))
}).annotate({ examples: [exampleBatch] })

export class IngestApi extends HttpApiGroup.make("ingest")
  .add(
    HttpApiEndpoint.post("events", "/v1/events", {
      payload: IngestBatch,
      success: IngestAnswer,
      error: [BadRequest, PayloadTooLarge, UnsupportedMediaType, TooManyRequests, Unavailable]
    }).annotate(OpenApi.Summary, "Take a batch of events in")
  )
  .middleware(IngestAuthorization)
  .annotate(OpenApi.Description, "Where events come in.")
{}
