import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { QueryAuthorization } from "./Authorization.ts"
import { BadRequest, NotFound, Unavailable } from "./errors.ts"
import { page } from "./page.ts"
import { AgentPage, IngestHealth, JobDetails, JobPage, MetricsSeries } from "./statisticsViews.ts"

const error = [BadRequest, Unavailable] as const
const period = Schema.optionalKey(
  Schema.String.annotate({ description: "`<n>m`, `<n>h` or `<n>d` up to 400d; 7d by default." })
)
const runsOf = Schema.optionalKey(
  Schema.String.annotate({
    description: "Only runs that began within `<n>m`, `<n>h` or `<n>d`, up to 400d; all of them by default."
  })
)

/** Numbers over many plans and tasks: how job definitions do, how an agent did over time. */
export class StatisticsApi extends HttpApiGroup.make("statistics")
  .add(
    HttpApiEndpoint.get("agents", "/agents", { query: { period, ...page }, success: AgentPage, error })
      .annotate(OpenApi.Summary, "How each agent does"),
    HttpApiEndpoint.get("jobs", "/jobs", { query: { period: runsOf, ...page }, success: JobPage, error }).annotate(
      OpenApi.Summary,
      "How each job definition does"
    ),
    HttpApiEndpoint.get("job", "/jobs/:job_name", {
      params: { job_name: Schema.String },
      query: { period: runsOf },
      success: JobDetails,
      error: [NotFound, ...error]
    }).annotate(OpenApi.Summary, "How a job definition does, and why its runs failed"),
    HttpApiEndpoint.get("metricsSeries", "/metrics/series", {
      query: {
        agent_id: Schema.String,
        period,
        bucket: Schema.optionalKey(
          Schema.String.annotate({
            description:
              "`<n>m`, `<n>h` or `<n>d`, of which the period has at most 1,000, aligned to UTC. By default the smallest of " +
              "1m, 1h and 1d of which it has at most 500."
          })
        )
      },
      success: MetricsSeries,
      error
    }).annotate(OpenApi.Summary, "An agent in numbers, over time"),
    HttpApiEndpoint.get("ingest", "/ingest", { success: IngestHealth, error: Unavailable }).annotate(
      OpenApi.Summary,
      "How taking in goes: what came, what was lost, what is missing"
    )
  )
  .middleware(QueryAuthorization)
  .prefix("/v1/tracker")
  .annotate(OpenApi.Description, "Numbers over many plans and tasks.")
{}
