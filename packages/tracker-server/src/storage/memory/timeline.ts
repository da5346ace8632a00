import { compareBytes } from "../../projection/Fact.ts"
import { planTrace } from "../../query/planView.ts"
import { timelinePage, type TimelinePosition } from "../../query/timelinePage.ts"
import type { TimelineRow } from "../../query/timelineView.ts"
import type { MemoryEvent, MemoryTenant } from "./MemoryTenant.ts"
import { planFacts, tasksOf } from "./plans.ts"

export const planTimeline = (tenant: MemoryTenant, id: string, position: TimelinePosition, limit: number) => {
  const found = planFacts(tenant, id)
  if (found === undefined) return undefined
  const { planId } = found.plan
  const trace = planTrace(found)
  const tasks = new Set(tasksOf(tenant, planId).map(({ taskId }) => taskId))
  const isMember = ({ event }: MemoryEvent) =>
    event.planId === planId || (event.taskId !== null && tasks.has(event.taskId)) ||
    (event.planId === null && event.taskId === null && event.traceId !== null && event.traceId === trace)
  const members = [...tenant.events.values()]
    .filter((stored) => isMember(stored) && (position.from === null || stored.event.occurredAt >= position.from))
    .sort((left, right) => compareBytes(left.event.occurredAt, right.event.occurredAt))
    .map(({ event, receivedAt }) => ({ ...event, receivedAt }))
  const { keys, next } = timelinePage(members, position, limit)
  const events = keys.map((event): TimelineRow => ({
    ...event,
    taskState: event.taskId === null ? null : tenant.facts.tasks.get(event.taskId)?.state.value?.state ?? null
  }))
  return { ...found, events, next }
}
