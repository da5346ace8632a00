import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Unavailable } from "./errors.ts"

/**
 * State of the bus subscription. A lost bus connection does not make the server unready: HTTP keeps working and the bus
 * retains its messages.
 */
export const BusView = Schema.Struct({
  connected: Schema.Boolean,
  topics: Schema.Record(
    Schema.String,
    Schema.Struct({
      lag: Schema.NullOr(Schema.Natural).annotate({
        description: "Messages not stored yet; null if the bus does not respond."
      }),
      redeliveries: Schema.Natural.annotate({
        description: "Messages this server received that had been delivered before."
      }),
      fault: Schema.NullOr(Schema.String).annotate({
        description:
          "Why nothing can be consumed despite a connection, and what to do about it; null if nothing is wrong."
      })
    })
  )
}).annotate({ description: "Null if no bus is configured." })

/** Unauthenticated: liveness, readiness and metrics. */
export class SystemApi extends HttpApiGroup.make("system", { topLevel: true }).add(
  HttpApiEndpoint.get("health", "/health", {
    success: Schema.Struct({ status: Schema.Literal("ok"), version: Schema.String }).annotate({
      examples: [{ status: "ok", version: "1.2.3" }]
    })
  }).annotate(OpenApi.Summary, "Liveness: whether the process is alive"),
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
  }).annotate(OpenApi.Summary, "Readiness: whether the server can do its work"),
  HttpApiEndpoint.get("processMetrics", "/metrics", {
    success: Schema.String.pipe(HttpApiSchema.asText({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))
      .annotate({
        description: "Server metrics in the Prometheus format; no tenant data.",
        examples: ["# TYPE tracker_events_accepted_total counter\ntracker_events_accepted_total 120000\n"]
      })
  }).annotate(OpenApi.Summary, "Server metrics for Prometheus")
).annotate(OpenApi.Description, "Needs no API key.") {}
