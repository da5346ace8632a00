import { compareBytes } from "../../projection/Fact.ts"
import type { PlanExecution } from "../../projection/PlanExecution.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { planPosition } from "../../query/planList.ts"
import { type PlanFacts, planStatus } from "../../query/planView.ts"
import { taskSummary } from "../../query/taskSummary.ts"
import type { PlanFilter, PlanPosition } from "../PlanQueries.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"

const newestFirst = (left: PlanPosition, right: PlanPosition): number =>
  compareBytes(right.begin, left.begin) || compareBytes(right.planId, left.planId)

const byNewest = (left: PlanExecution, right: PlanExecution) => newestFirst(planPosition(left), planPosition(right))

const knownPlans = ({ facts }: MemoryTenant) => [...facts.plans.values()].filter(({ known }) => known)

/** The plan of this id; else the newest life of the job instance of this id. */
export const findPlan = (tenant: MemoryTenant, id: string): PlanExecution | undefined => {
  const lives = knownPlans(tenant).filter(({ jobName, session }) => jobName !== null && session.value === id)
  const plan = tenant.facts.plans.get(id)
  return plan?.known === true && !lives.includes(plan) ? plan : lives.sort(byNewest)[0]
}

export const tasksOf = ({ facts }: MemoryTenant, planId: string): ReadonlyArray<TaskExecution> =>
  [...facts.tasks.values()].filter(({ known, plan }) => known && plan.value === planId)

const factsOf = (tenant: MemoryTenant) => (plan: PlanExecution): PlanFacts => ({
  plan,
  tasks: taskSummary(tasksOf(tenant, plan.planId))
})

export const planFacts = (tenant: MemoryTenant, id: string): PlanFacts | undefined => {
  const plan = findPlan(tenant, id)
  return plan && factsOf(tenant)(plan)
}

/** Newest first: the first `count` of these plans after a place. */
const pageOf = (
  tenant: MemoryTenant,
  plans: ReadonlyArray<PlanExecution>,
  after: PlanPosition | null,
  count: number
): ReadonlyArray<PlanFacts> =>
  plans.filter((plan) => after === null || newestFirst(planPosition(plan), after) > 0).toSorted(byNewest).slice(
    0,
    count
  )
    .map(factsOf(tenant))

export const planPage = (
  tenant: MemoryTenant,
  { agentId, sessionId, since, status }: PlanFilter,
  after: PlanPosition | null,
  count: number
): ReadonlyArray<PlanFacts> => {
  const isAsked = (plan: PlanExecution) =>
    (status === null || planStatus(plan) === status) &&
    (sessionId === null || plan.session.value === sessionId) &&
    (since === null || planPosition(plan).begin >= since) &&
    (agentId === null || plan.jobName === agentId ||
      tasksOf(tenant, plan.planId).some(({ agent }) => agent.value === agentId))
  return pageOf(tenant, knownPlans(tenant).filter(isAsked), after, count)
}
