import { Clock, Effect } from "effect"
import { PlanQueries } from "../storage/PlanQueries.ts"
import { foundPlan, planNotFound } from "./foundPlan.ts"
import { hierarchyJson, hierarchyOf } from "./hierarchy.ts"
import { planView } from "./planView.ts"

/** A plan with all of its descendants. Returned as JSON text, since it may be too deep for any recursive encoder. */
export const answerHierarchy = Effect.fn("answerHierarchy")(function*(tenantId: string, id: string) {
  const queries = yield* PlanQueries
  const { cut, plans } = yield* foundPlan(id, queries.hierarchy(tenantId, id))
  const nowMs = yield* Clock.currentTimeMillis
  const top = hierarchyOf(cut, plans.map((facts) => planView(facts, nowMs)))
  // The tenant may be erased between two statements.
  return top === undefined ? yield* planNotFound : hierarchyJson(top)
})
