import type { PlanExecution } from "../projection/PlanExecution.ts"
import type { PlanPosition } from "../storage/PlanQueries.ts"

/** What lists of plans go by: a plan's own start or, where nobody told of it, when it was first spoken of. */
export const planBegin = ({ firstAt, startedAt }: PlanExecution): string => startedAt ?? firstAt ?? ""

export const planPosition = (plan: PlanExecution): PlanPosition => ({ begin: planBegin(plan), planId: plan.planId })
