import { Effect } from "effect"
import { PlanQueries } from "../storage/PlanQueries.ts"
import type { CursorScope } from "./cursor.ts"
import { foundPlan } from "./foundPlan.ts"
import type { PageRequest } from "./page.ts"
import { planPage, planPageRequest } from "./planPages.ts"

/** A plan's sub-plans, newest first. Later pages stay with the incarnation that the first one found. */
export const answerSubPlans = Effect.fn("answerSubPlans")(function*(tenantId: string, id: string, page: PageRequest) {
  const queries = yield* PlanQueries
  const scope: CursorScope = { tenantId, list: "sub-plans", id }
  const { after, fixed, limit } = yield* planPageRequest(scope, page)
  const parentId = fixed ?? id
  const { parent, plans } = yield* foundPlan(parentId, queries.subPlans(tenantId, parentId, after, limit))
  return yield* planPage(scope, plans, parent)
})
