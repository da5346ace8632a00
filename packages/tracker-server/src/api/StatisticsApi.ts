import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { QueryAuthorization } from "./Authorization.ts"
import { BadRequest, NotFound, Unavailable } from "./errors.ts"
import { page } from "./page.ts"
import { AgentPage, IngestHealth, JobDetails, JobPage, MetricsSeries } from "./statisticsViews.ts"

const error = [BadRequest, Unavailable] as const
const period = Schema.optionalKey(
  Schema.String.annotate({ description: "`<n>m`, `<n>h` or `<n>d` up to 400d; default 7d." })
)
const runsOf = Schema.optionalKey(
  Schema.String.annotate({
    description: "Only runs that began within `<n>m`, `<n>h` or `<n>d`, up to 400d; all of them by default."
  })
)

/** Statistics over many plans and tasks: per job definition, and per agent over time. */
export class StatisticsApi extends HttpApiGroup.make("statistics")
  .add(
    HttpApiEndpoint.get("agents", "/agents", { query: { period, ...page }, success: AgentPage, error })
      .annotate(OpenApi.Summary, "Metrics of each agent"),
    HttpApiEndpoint.get("jobs", "/jobs", { query: { period: runsOf, ...page }, success: JobPage, error }).annotate(
      OpenApi.Summary,
      "Metrics of each job definition"
    ),
    HttpApiEndpoint.get("job", "/jobs/:job_name", {
      params: { job_name: Schema.String },
      query: { period: runsOf },
      success: JobDetails,
      error: [NotFound, ...error]
    }).annotate(OpenApi.Summary, "Metrics of a job definition, and why its runs failed"),
    HttpApiEndpoint.get("metricsSeries", "/metrics/series", {
      query: {
        agent_id: Schema.String,
        period,
        bucket: Schema.optionalKey(
          Schema.String.annotate({
            description:
              "`<n>m`, `<n>h` or `<n>d`, aligned to UTC; at most 1,000 per period. Default: the smallest of " +
              "1m, 1h and 1d that gives at most 500 buckets."
          })
        )
      },
      success: MetricsSeries,
      error
    }).annotate(OpenApi.Summary, "An agent's metrics over time"),
    HttpApiEndpoint.get("ingest", "/ingest", { success: IngestHealth, error: Unavailable }).annotate(
      OpenApi.Summary,
      "Ingest health: what was received, lost and is missing"
    )
  )
  .middleware(QueryAuthorization)
  .prefix("/v1/tracker")
  .annotate(OpenApi.Description, "Statistics over many plans and tasks.")
{}
