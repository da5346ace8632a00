import type { PlanExecution } from "../projection/PlanExecution.ts"
import type { PlanPosition } from "../storage/PlanQueries.ts"

/** The sort key of plan lists: a plan's own start or, if none was reported, when it was first mentioned. */
export const planBegin = ({ firstAt, startedAt }: PlanExecution): string => startedAt ?? firstAt ?? ""

export const planPosition = (plan: PlanExecution): PlanPosition => ({ begin: planBegin(plan), planId: plan.planId })
