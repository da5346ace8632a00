import { after, beginning, beginningOf, isBefore, type StreamPosition } from "../../stream/position.ts"
import type { FeedEvent, FeedPage, FeedStart } from "../TimelineFeed.ts"
import type { MemoryEvent, MemoryTenant } from "./MemoryTenant.ts"

/** Here nothing is ever dropped, and nothing commits late. */
const settled = ({ transactions }: MemoryTenant): StreamPosition => beginningOf(BigInt(transactions + 1))

export const feedStart = (tenant: MemoryTenant, from: StreamPosition | null): FeedStart => {
  const now = settled(tenant)
  const isReset = from !== null && isBefore(now, from)
  return { position: isReset ? beginning : from ?? now, isReset, mark: "" }
}

const feedEvent =
  ({ facts }: MemoryTenant) => ({ event, ordinal, receivedAt, transaction }: MemoryEvent): FeedEvent => {
    const task = event.taskId === null ? undefined : facts.tasks.get(event.taskId)
    const taskPlan = task?.plan.value ?? null
    const planId = event.planId ?? taskPlan
    const endStatus = planId === null ? null : facts.plans.get(planId)?.end.value?.status ?? null
    const session = event.form === "job" ? event.sessionId : null
    return {
      row: { ...event, receivedAt, taskState: task?.state.value?.state ?? null },
      position: after(BigInt(transaction), ordinal),
      plan: planId === null ? null : { planId, endStatus },
      plans: [...new Set([event.planId, taskPlan, session])].filter((id) => id !== null)
    }
  }

export const feedPage = (
  tenant: MemoryTenant,
  from: StreamPosition,
  plans: ReadonlyArray<string> | null
): FeedPage => ({
  events: [...tenant.events.values()].map(feedEvent(tenant)).filter((event) =>
    isBefore(from, event.position) && (plans === null || event.plans.some((plan) => plans.includes(plan)))
  ),
  next: settled(tenant),
  hasMore: false,
  isHeldBack: false
})
