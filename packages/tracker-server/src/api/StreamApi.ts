import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { QueryAuthorization } from "./Authorization.ts"
import { BadRequest, Unavailable } from "./errors.ts"
import { exampleTimelineEvent } from "./examples.ts"
import { TimelineEvent } from "./views.ts"

/** An event as the stream sends it: its timeline entry, plus its plan if it has one. */
export const StreamEvent = Schema.Struct({ plan_id: Schema.NullOr(Schema.String), ...TimelineEvent.fields }).annotate({
  examples: [{ plan_id: "plan-123", ...exampleTimelineEvent }]
})
export type StreamEvent = typeof StreamEvent.Type

const id = Schema.String.annotate({ description: "Send it as `Last-Event-ID` to resume right after this message." })

/** What the stream sends: events, and a notice where events may be missing. */
export const StreamMessage = Schema.Union([
  Schema.Struct({ event: Schema.Literal("tracking"), id, data: Schema.fromJsonString(StreamEvent) }),
  Schema.Struct({
    event: Schema.Literal("reset"),
    id,
    data: Schema.fromJsonString(Schema.Struct({ oldest_position: Schema.String }))
  })
])
export type StreamMessage = typeof StreamMessage.Type

const lastEventId = Schema.optionalKey(
  Schema.String.annotate({
    description: "`id` of the last message read: the stream resumes right after it. Without one, it starts now."
  })
)

export class StreamApi extends HttpApiGroup.make("stream")
  .add(
    HttpApiEndpoint.get("stream", "/v1/tracker/stream", {
      query: {
        plan_id: Schema.optionalKey(
          Schema.String.annotate({
            description: "Only events of this plan or job instance, which may not have started yet."
          })
        ),
        last_event_id: lastEventId
      },
      headers: { "last-event-id": lastEventId },
      success: HttpApiSchema.StreamSse({ events: StreamMessage }),
      error: [BadRequest, Unavailable]
    }).annotate(OpenApi.Summary, "Live events")
  )
  .middleware(QueryAuthorization)
  .annotate(OpenApi.Description, "Events as they are committed.")
{}
