import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { QueryAuthorization } from "./Authorization.ts"
import { BadRequest, NotFound, Unavailable } from "./errors.ts"
import { page } from "./page.ts"
import { AgentMetrics, Plan, TaskPage, Timeline } from "./views.ts"

const params = { plan_id: Schema.String }
const error = [BadRequest, NotFound, Unavailable] as const

export class QueryApi extends HttpApiGroup.make("query")
  .add(
    HttpApiEndpoint.get("plan", "/plans/:plan_id", { params, success: Plan, error }),
    HttpApiEndpoint.get("planTasks", "/plans/:plan_id/tasks", { params, query: page, success: TaskPage, error }),
    HttpApiEndpoint.get("planTimeline", "/plans/:plan_id/timeline", { params, query: page, success: Timeline, error }),
    HttpApiEndpoint.get("metrics", "/metrics", {
      query: {
        agent_id: Schema.String,
        period: Schema.optionalKey(
          Schema.String.annotate({ description: "`<n>m`, `<n>h` or `<n>d` up to 400d; 7d by default." })
        )
      },
      success: AgentMetrics,
      error
    })
  )
  .middleware(QueryAuthorization)
  .prefix("/v1/tracker")
{}
