import { HttpApi, OpenApi } from "effect/http-api"
import { AdminApi } from "./AdminApi.ts"
import { IngestApi } from "./IngestApi.ts"
import { QueryApi } from "./QueryApi.ts"
import { StatisticsApi } from "./StatisticsApi.ts"
import { StreamApi } from "./StreamApi.ts"
import { SystemApi } from "./SystemApi.ts"

/** The whole HTTP API of tracker-server: routes, typed client, OpenAPI document and handlers derive from it. */
export class TrackerApi extends HttpApi.make("tracker-server")
  .add(IngestApi)
  .add(QueryApi)
  .add(StatisticsApi)
  .add(StreamApi)
  .add(AdminApi)
  .add(SystemApi)
  .annotateMerge(OpenApi.annotations({
    title: "durable-effect tracker",
    description:
      "Ingests events of jobs, tasks and plans, and answers queries about what happened.\n\nEvery error is `application/problem+json` " +
      "with a `type` `urn:durable-effect:problem:<name>`. Besides those that a route lists, any route may answer " +
      "`method-not-allowed` (405, with `Allow`), `request-timeout` (408), `header-too-large` (431) and `internal` (500).",
    license: { name: "MIT", identifier: "MIT" },
    servers: [{ url: "/", description: "The server that serves this document" }]
  }))
{}
