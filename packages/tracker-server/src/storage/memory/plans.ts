import { Buffer } from "node:buffer"
import { compareBytes } from "../../projection/Fact.ts"
import type { PlanExecution } from "../../projection/PlanExecution.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { type Bounded, bounded } from "../../query/bounded.ts"
import { type BranchKey, hierarchyCut, keysOfHierarchy } from "../../query/hierarchy.ts"
import { planPosition } from "../../query/planList.ts"
import { type PlanFacts, planStatus } from "../../query/planView.ts"
import { taskSummary } from "../../query/taskSummary.ts"
import type { PlanFilter, PlanPosition } from "../PlanQueries.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"

const newestFirst = (left: PlanPosition, right: PlanPosition): number =>
  compareBytes(right.begin, left.begin) || compareBytes(right.planId, left.planId)

const byNewest = (left: PlanExecution, right: PlanExecution) => newestFirst(planPosition(left), planPosition(right))

const knownPlans = ({ facts }: MemoryTenant) => [...facts.plans.values()].filter(({ known }) => known)

/** The plan with this id; otherwise the newest incarnation of the job instance with this id. */
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

const errorBytes = ({ end }: PlanExecution): number => {
  const error = end.value?.error ?? null
  return error === null ? 0 : Buffer.byteLength(JSON.stringify(error))
}

/** The first of these plans after a position, newest first. */
const pageOf = (
  tenant: MemoryTenant,
  plans: ReadonlyArray<PlanExecution>,
  after: PlanPosition | null,
  limit: number
): Bounded<PlanFacts> => {
  const isAfter = (plan: PlanExecution) => after === null || newestFirst(planPosition(plan), after) > 0
  const { entries, isLast } = bounded(
    plans.filter(isAfter).toSorted(byNewest).slice(0, limit + 1),
    errorBytes,
    limit
  )
  return { entries: entries.map(factsOf(tenant)), isLast }
}

export const planPage = (
  tenant: MemoryTenant,
  { agentId, sessionId, since, status }: PlanFilter,
  after: PlanPosition | null,
  limit: number
): Bounded<PlanFacts> => {
  const isAsked = (plan: PlanExecution) =>
    (status === null || planStatus(plan) === status) &&
    (sessionId === null || plan.session.value === sessionId) &&
    (since === null || planPosition(plan).begin >= since) &&
    (agentId === null || plan.jobName === agentId ||
      tasksOf(tenant, plan.planId).some(({ agent }) => agent.value === agentId))
  return pageOf(tenant, knownPlans(tenant).filter(isAsked), after, limit)
}

const childrenOf = (tenant: MemoryTenant, parentId: string) =>
  knownPlans(tenant).filter(({ parent, planId }) => parent.value === parentId && planId !== parentId)

export const subPlans = (tenant: MemoryTenant, id: string, after: PlanPosition | null, limit: number) => {
  const plan = findPlan(tenant, id)
  return plan && { parent: plan.planId, plans: pageOf(tenant, childrenOf(tenant, plan.planId), after, limit) }
}

export const planHierarchy = (tenant: MemoryTenant, id: string) => {
  const top = findPlan(tenant, id)
  if (top === undefined) return undefined
  const found: Array<BranchKey> = [{ planId: top.planId, parentId: null, level: 0, bytes: errorBytes(top) }]
  const plans = new Map([[top.planId, top]])
  // Grows while it is iterated, level by level.
  for (const { level, planId } of found) {
    for (const child of childrenOf(tenant, planId)) {
      if (child.planId === top.planId) continue
      plans.set(child.planId, child)
      found.push({ planId: child.planId, parentId: planId, level: level + 1, bytes: errorBytes(child) })
    }
  }
  const cut = hierarchyCut(found.slice(0, keysOfHierarchy))
  const shown = cut.keys.flatMap(({ planId }) => plans.get(planId) ?? [])
  return { cut, plans: shown.sort(byNewest).map(factsOf(tenant)) }
}
