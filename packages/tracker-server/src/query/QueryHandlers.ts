import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { linked } from "../http/linked.ts"
import type { Queries } from "../storage/Queries.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { answerExplain } from "./answerExplain.ts"
import { answerGroup } from "./answerGroup.ts"
import { answerHierarchy } from "./answerHierarchy.ts"
import { answerMetrics } from "./answerMetrics.ts"
import { answerPlan } from "./answerPlan.ts"
import { answerPlans } from "./answerPlans.ts"
import { answerSessionPlans } from "./answerSessionPlans.ts"
import { answerSubPlans } from "./answerSubPlans.ts"
import { answerTask } from "./answerTask.ts"
import { answerTasks } from "./answerTasks.ts"
import { answerTimeline } from "./answerTimeline.ts"

/** A response that is already JSON text. */
const jsonText = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

const unavailable = new Unavailable({ detail: "The database does not answer. Ask again later." })

/** All queries over HTTP, each for the tenant of the request's key. */
export const QueryHandlers = HttpApiBuilder.group(
  TrackerApi,
  "query",
  Effect.fn(function*(handlers) {
    const queries = yield* Effect.context<Queries>()
    const ask = <A, E, R>(
      question: (tenantId: string) => Effect.Effect<A, E | StoreUnavailable, R | Queries>
    ) =>
      Effect.flatMap(CurrentPrincipal, ({ tenantId }) => question(tenantId)).pipe(
        Effect.provideContext(queries),
        Effect.catchTag("StoreUnavailable", () => Effect.fail(unavailable))
      )
    return handlers.handleAll({
      plans: ({ query }) => ask((tenantId) => linked(answerPlans(tenantId, query))),
      plan: ({ params }) => ask((tenantId) => answerPlan(tenantId, params.plan_id)),
      subPlans: ({ params, query }) => ask((tenantId) => linked(answerSubPlans(tenantId, params.plan_id, query))),
      hierarchy: ({ params }) => ask((tenantId) => Effect.map(answerHierarchy(tenantId, params.plan_id), jsonText)),
      sessionPlans: ({ params, query }) =>
        ask((tenantId) => linked(answerSessionPlans(tenantId, params.session_id, query))),
      planTasks: ({ params, query }) => ask((tenantId) => linked(answerTasks(tenantId, params.plan_id, query))),
      planTimeline: ({ params, query }) => ask((tenantId) => linked(answerTimeline(tenantId, params.plan_id, query))),
      task: ({ params, query }) => ask((tenantId) => linked(answerTask(tenantId, params.task_id, query.cursor))),
      explain: ({ params, query }) => ask((tenantId) => linked(answerExplain(tenantId, params.task_id, query))),
      delegationGroup: ({ params, query }) =>
        ask((tenantId) => linked(answerGroup(tenantId, params.group_id, query.cursor))),
      metrics: ({ query }) => ask((tenantId) => answerMetrics(tenantId, query.agent_id, query.period))
    })
  })
)
