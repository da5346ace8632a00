import { Buffer } from "node:buffer"
import { compareBytes } from "../../projection/Fact.ts"
import type { StateTransition } from "../../projection/Facts.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { bounded, maxEntries } from "../../query/bounded.ts"
import { firstToSay } from "../../query/explain.ts"
import { taskSummary } from "../../query/taskSummary.ts"
import type { EventPosition, ExplainedFacts, GroupFacts, TaskInPlan, TransitionPosition } from "../TaskQueries.ts"
import type { TaskPosition } from "../TrackerQueries.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"
import { findPlan, tasksOf } from "./plans.ts"

const bytesOf = (text: string | null) => text === null ? 0 : Buffer.byteLength(text)

/** By start, then id; unstarted tasks last. */
const byStart = (left: TaskPosition, right: TaskPosition): number =>
  compareBytes(left.startedAt ?? "~", right.startedAt ?? "~") || compareBytes(left.taskId, right.taskId)

const byInstant = (left: TransitionPosition, right: TransitionPosition): number =>
  compareBytes(left.transitionedAt, right.transitionedAt) || compareBytes(left.eventId, right.eventId)

/** The items after a position in a list, in order, as far as they fit. */
const listed = <A extends P, P>(
  all: Iterable<A>,
  order: (left: P, right: P) => number,
  after: P | null,
  bytesOf: (entry: A) => number,
  limit: number = maxEntries
) =>
  bounded(
    [...all].filter((one) => after === null || order(one, after) > 0).sort(order).slice(0, limit + 1),
    bytesOf,
    limit
  )

const inPlan = ({ facts }: MemoryTenant) => (task: TaskExecution): TaskInPlan => ({
  task,
  plan: task.plan.value === null ? undefined : facts.plans.get(task.plan.value)
})

const transitionBytes = ({ reason }: StateTransition) => bytesOf(reason)

export const taskById = (tenant: MemoryTenant, taskId: string, after: TransitionPosition | null) => {
  const task = tenant.facts.tasks.get(taskId)
  if (task?.known !== true) return undefined
  const own = [...tenant.facts.transitions.values()].filter((one) => one.taskId === taskId)
  return { ...inPlan(tenant)(task), transitions: listed(own, byInstant, after, transitionBytes) }
}

const taskBytes = ({ message, state }: TaskExecution) =>
  bytesOf(message.value) + bytesOf(state.value?.message ?? null) +
  bytesOf(state.value === null || state.value.error === null ? null : JSON.stringify(state.value.error))

export const planTasks = (tenant: MemoryTenant, id: string, after: TaskPosition | null, limit: number) => {
  const plan = findPlan(tenant, id)
  return plan && { plan, tasks: listed(tasksOf(tenant, plan.planId), byStart, after, taskBytes, limit) }
}

export const delegationGroup = (
  tenant: MemoryTenant,
  groupId: string,
  after: TaskPosition | null
): GroupFacts | undefined => {
  const { groups, tasks } = tenant.facts
  const start = groups.get(groupId)?.start.value ?? null
  const own = [...tasks.values()].filter(({ group, known }) => known && group.value === groupId)
  if (start === null && own.length === 0) return undefined
  const { completedTasks, failedTasks } = taskSummary(own)
  const { entries, isLast } = listed(own, byStart, after, taskBytes)
  const parent = start === null ? undefined : tasks.get(start.parentTaskId)
  return {
    start,
    parentPlanId: parent?.plan.value ?? null,
    completedTasks,
    failedTasks,
    tasks: { entries: entries.map(inPlan(tenant)), isLast }
  }
}

const newestFirst = (left: EventPosition, right: EventPosition): number =>
  compareBytes(right.occurredAt, left.occurredAt) || compareBytes(right.eventId, left.eventId)

export const explainedTask = (
  tenant: MemoryTenant,
  taskId: string,
  after: EventPosition | null,
  count: number
): ExplainedFacts | undefined => {
  const task = tenant.facts.tasks.get(taskId)
  if (task?.known !== true) return undefined
  const own = [...tenant.events.values()].map(({ event }) => event).filter((event) => event.taskId === taskId)
  const listed = own.filter((event) => after === null || newestFirst(event, after) > 0).sort(newestFirst)
  const { entries, isLast } = bounded(listed.slice(0, count), ({ bytes }) => bytes)
  return {
    ...inPlan(tenant)(task),
    startedBy: firstToSay(own, task, "startedAt"),
    attemptBy: firstToSay(own, task, "attempt"),
    events: { entries, isLast: isLast && listed.length <= count }
  }
}
