import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { QueryAuthorization } from "./Authorization.ts"
import { BadRequest, NotFound, Unavailable } from "./errors.ts"
import { page } from "./page.ts"
import {
  AgentMetrics,
  DelegationGroup,
  Explanation,
  Hierarchy,
  Plan,
  PlanPage,
  PlanStatus,
  TaskDetails,
  TaskPage,
  Timeline
} from "./views.ts"

const params = { plan_id: Schema.String }
const error = [BadRequest, NotFound, Unavailable] as const

const id = (description: string) => Schema.optionalKey(Schema.String.annotate({ description }))

const planFilter = {
  status: Schema.optionalKey(PlanStatus.annotate({ description: "Plans currently in this status." })),
  session_id: id("Plans of this session; for a job instance, its incarnations."),
  agent_id: id("Plans with a task of this agent, and incarnations of the job with this name."),
  since: Schema.optionalKey(
    Schema.String.annotate({
      description:
        "Plans that started at or after this RFC 3339 instant, such as 2026-01-11T10:00:00Z. Encode + as %2B."
    })
  )
}

export class QueryApi extends HttpApiGroup.make("query")
  .add(
    HttpApiEndpoint.get("plans", "/plans", {
      query: { ...planFilter, ...page },
      success: PlanPage,
      error: [BadRequest, Unavailable]
    }).annotate(OpenApi.Summary, "List plans, newest first"),
    HttpApiEndpoint.get("plan", "/plans/:plan_id", { params, success: Plan, error }).annotate(
      OpenApi.Summary,
      "A plan's status and progress"
    ),
    HttpApiEndpoint.get("subPlans", "/plans/:plan_id/sub-plans", { params, query: page, success: PlanPage, error })
      .annotate(OpenApi.Summary, "The plans that a plan started"),
    HttpApiEndpoint.get("hierarchy", "/plans/:plan_id/hierarchy", { params, success: Hierarchy, error }).annotate(
      OpenApi.Summary,
      "A plan with all of its sub-plans, nested"
    ),
    HttpApiEndpoint.get("sessionPlans", "/sessions/:session_id/plans", {
      params: { session_id: Schema.String },
      query: page,
      success: PlanPage,
      error
    }).annotate(OpenApi.Summary, "The plans of a session"),
    HttpApiEndpoint.get("planTasks", "/plans/:plan_id/tasks", { params, query: page, success: TaskPage, error })
      .annotate(OpenApi.Summary, "A plan's tasks"),
    HttpApiEndpoint.get("planTimeline", "/plans/:plan_id/timeline", { params, query: page, success: Timeline, error })
      .annotate(OpenApi.Summary, "A plan's events, in order"),
    HttpApiEndpoint.get("task", "/tasks/:task_id", {
      params: { task_id: Schema.String },
      query: { cursor: page.cursor },
      success: TaskDetails,
      error
    }).annotate(OpenApi.Summary, "A task with its state transitions"),
    HttpApiEndpoint.get("explain", "/tasks/:task_id/explain", {
      params: { task_id: Schema.String },
      query: page,
      success: Explanation,
      error
    }).annotate(OpenApi.Summary, "Which events determined each field of a task"),
    HttpApiEndpoint.get("delegationGroup", "/delegation-groups/:group_id", {
      params: { group_id: Schema.String },
      query: { cursor: page.cursor },
      success: DelegationGroup,
      error
    }).annotate(OpenApi.Summary, "Progress of the tasks that a task was delegated to"),
    HttpApiEndpoint.get("metrics", "/metrics", {
      query: {
        agent_id: Schema.String,
        period: Schema.optionalKey(
          Schema.String.annotate({ description: "`<n>m`, `<n>h` or `<n>d` up to 400d; default 7d." })
        )
      },
      success: AgentMetrics,
      error: [BadRequest, Unavailable]
    }).annotate(OpenApi.Summary, "An agent's metrics")
  )
  .middleware(QueryAuthorization)
  .prefix("/v1/tracker")
  .annotate(OpenApi.Description, "Plans, tasks and timelines.")
{}
