import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Unavailable } from "./errors.ts"

/** How listening to the bus goes. Its being away does not make a server unready: HTTP goes on, and the bus waits. */
export const BusView = Schema.Struct({
  connected: Schema.Boolean,
  topics: Schema.Record(
    Schema.String,
    Schema.Struct({
      lag: Schema.NullOr(Schema.Natural).annotate({
        description: "Messages that are not stored yet; null when the bus does not answer."
      }),
      redeliveries: Schema.Natural.annotate({
        description: "Messages that this server got which had been delivered before."
      }),
      fault: Schema.NullOr(Schema.String).annotate({
        description:
          "Why nothing can be taken although there is a connection, and what to do; null where nothing is wrong."
      })
    })
  )
}).annotate({ description: "Null where the server listens to no bus." })

/** Open to everyone: whether the process lives, and whether it can do its work. */
export class SystemApi extends HttpApiGroup.make("system", { topLevel: true }).add(
  HttpApiEndpoint.get("health", "/health", {
    success: Schema.Struct({ status: Schema.Literal("ok"), version: Schema.String }).annotate({
      examples: [{ status: "ok", version: "1.2.3" }]
    })
  }).annotate(OpenApi.Summary, "Whether the process lives"),
  HttpApiEndpoint.get("ready", "/ready", {
    success: Schema.Struct({
      status: Schema.Literal("ready"),
      database: Schema.Literal("ok"),
      bus: Schema.NullOr(BusView)
    }).annotate({
      examples: [{
        status: "ready",
        database: "ok",
        bus: { connected: true, topics: { "system-events": { lag: 0, redeliveries: 0, fault: null } } }
      }]
    }),
    error: Unavailable
  }).annotate(OpenApi.Summary, "Whether it can do its work"),
  HttpApiEndpoint.get("processMetrics", "/metrics", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))
      .annotate({
        description: "How the server does, as Prometheus reads it; nothing of any tenant.",
        examples: ["# TYPE tracker_events_accepted_total counter\ntracker_events_accepted_total 120000\n"]
      })
  }).annotate(OpenApi.Summary, "How the server does, for Prometheus")
).annotate(OpenApi.Description, "Open to everyone.") {}
