import { Effect } from "effect"
import { NotFound } from "../api/errors.ts"
import { PlanQueries } from "../storage/PlanQueries.ts"
import type { CursorScope } from "./cursor.ts"
import { found } from "./found.ts"
import type { PageRequest } from "./page.ts"
import { planPage, planPageRequest } from "./planPages.ts"

/** The problem for an unknown session id. */
export const sessionNotFound = new NotFound({
  detail: "No plan belongs to a session of this id. An event of a plan that names the session makes it known."
})

/** The plans of a session, newest first; for a job instance, all of its incarnations. */
export const answerSessionPlans = Effect.fn("answerSessionPlans")(
  function*(tenantId: string, sessionId: string, page: PageRequest) {
    const queries = yield* PlanQueries
    const scope: CursorScope = { tenantId, list: "session", id: sessionId }
    const { after, limit } = yield* planPageRequest(scope, page)
    const filter = { sessionId, status: null, agentId: null, since: null }
    const plans = yield* found(sessionNotFound)(
      sessionId,
      Effect.map(
        queries.page(tenantId, filter, after, limit),
        (plans) => plans.entries.length === 0 && after === null ? undefined : plans
      )
    )
    return yield* planPage(scope, plans, null)
  }
)
