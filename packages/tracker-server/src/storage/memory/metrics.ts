import type { TaskState } from "@durable-effect/core"
import { compareBytes } from "../../projection/Fact.ts"
import type { TaskExecution } from "../../projection/TaskExecution.ts"
import { type AgentSample, type BucketSample, percentile } from "../../query/agentMetrics.ts"
import { microsecondsBetween } from "../../query/duration.ts"
import { givenUpAt, isOpen } from "../../query/taskView.ts"
import type { Window } from "../../query/window.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"

export const isIn = (...states: ReadonlyArray<TaskState>) => (task: TaskExecution): boolean =>
  states.includes(task.state.value?.state ?? "pending")

/** The agent's tasks that started within the window. */
export const startedWithin = ({ facts }: MemoryTenant, agentId: string, { from, until }: Window) =>
  [...facts.tasks.values()].filter(({ agent, known, startedAt }) =>
    known && agent.value === agentId && startedAt !== null && startedAt >= from && startedAt < until
  )

/** Durations of the completed and failed tasks, shortest first. */
export const durationsOf = (tasks: ReadonlyArray<TaskExecution>): ReadonlyArray<number> =>
  tasks.filter(isIn("completed", "failed")).flatMap(({ startedAt, state }) => {
    const completedAt = state.value?.completedAt ?? null
    return startedAt === null || completedAt === null ? [] : [microsecondsBetween(startedAt, completedAt)]
  }).sort((left, right) => left - right)

const countsOf = (tasks: ReadonlyArray<TaskExecution>, durations: ReadonlyArray<number>) => ({
  totalTasks: tasks.length,
  completedTasks: tasks.filter(isIn("completed")).length,
  failedTasks: tasks.filter(isIn("failed")).length,
  p50Micros: percentile(durations, 0.5),
  p95Micros: percentile(durations, 0.95)
})

export const agentSample = (tenant: MemoryTenant, agentId: string, window: Window): AgentSample => {
  const tasks = startedWithin(tenant, agentId, window)
  const isGivenUp = (task: TaskExecution) =>
    isOpen(task) && givenUpAt(tenant.facts.plans.get(task.plan.value ?? "")) !== null
  const durations = durationsOf(tasks)
  return {
    ...countsOf(tasks, durations),
    cancelledTasks: tasks.filter((task) => isIn("cancelled")(task) || isGivenUp(task)).length,
    averageMicros: durations.length === 0 ? null : durations.reduce((sum, one) => sum + one, 0) / durations.length
  }
}

export const agentPage = (tenant: MemoryTenant, after: string | null, count: number, window: Window) => {
  const ids = new Set([...tenant.facts.tasks.values()].flatMap(({ agent, known }) => known ? agent.value ?? [] : []))
  return [...ids].filter((id) => after === null || compareBytes(id, after) > 0).sort(compareBytes).slice(0, count)
    .map((agentId) => ({ agentId, ...agentSample(tenant, agentId, window) }))
}

export const agentSeries = (
  tenant: MemoryTenant,
  agentId: string,
  window: Window,
  bucketMs: number
): ReadonlyArray<BucketSample> => {
  const buckets = Map.groupBy(
    startedWithin(tenant, agentId, window),
    ({ startedAt }) => Math.floor(Date.parse(startedAt ?? "") / bucketMs)
  )
  return [...buckets].map(([bucket, tasks]) => ({ bucket, ...countsOf(tasks, durationsOf(tasks)) }))
}
