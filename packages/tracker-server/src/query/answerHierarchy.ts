import { Clock, Effect } from "effect"
import { PlanQueries } from "../storage/PlanQueries.ts"
import { foundPlan, planNotFound } from "./foundPlan.ts"
import { hierarchyJson, hierarchyOf } from "./hierarchy.ts"
import { planView } from "./planView.ts"

/** Which plans did this one start, and those in turn? As JSON, since it may be too deep for anything that recurs. */
export const answerHierarchy = Effect.fn("answerHierarchy")(function*(tenantId: string, id: string) {
  const queries = yield* PlanQueries
  const { cut, plans } = yield* foundPlan(id, queries.hierarchy(tenantId, id))
  const nowMs = yield* Clock.currentTimeMillis
  const top = hierarchyOf(cut, plans.map((facts) => planView(facts, nowMs)))
  // Between two statements a tenant can be erased.
  return top === undefined ? yield* planNotFound : hierarchyJson(top)
})
