import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { IngestAuthorization } from "./Authorization.ts"
import { BadRequest, PayloadTooLarge, TooManyRequests, Unavailable, UnsupportedMediaType } from "./errors.ts"
import { exampleBatch } from "./examples.ts"
import { IngestAnswer } from "./views.ts"

/** The documented request body. Events are decoded one by one, so that a bad event never affects the others. */
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
    }).annotate(OpenApi.Summary, "Ingest a batch of events")
  )
  .middleware(IngestAuthorization)
  .annotate(OpenApi.Description, "Event ingestion.")
{}
