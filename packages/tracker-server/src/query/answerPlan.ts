import { Clock, Effect } from "effect"
import { TrackerQueries } from "../storage/TrackerQueries.ts"
import { foundPlan } from "./foundPlan.ts"
import { planView } from "./planView.ts"

/** A plan's status and progress. */
export const answerPlan = Effect.fn("answerPlan")(function*(tenantId: string, id: string) {
  const queries = yield* TrackerQueries
  return planView(yield* foundPlan(id, queries.plan(tenantId, id)), yield* Clock.currentTimeMillis)
})
