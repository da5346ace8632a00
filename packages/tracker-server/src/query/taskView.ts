import { isTerminal } from "@durable-effect/core"
import type { Task } from "../api/views.ts"
import { least } from "../projection/Fact.ts"
import { shownInstant } from "../projection/instant.ts"
import type { PlanExecution } from "../projection/PlanExecution.ts"
import type { TaskExecution } from "../projection/TaskExecution.ts"
import { microsecondsBetween } from "./duration.ts"
import { isOverdue } from "./stalled.ts"

/** When work left open by the plan's end counts as abandoned; null if it does not. */
export const givenUpAt = (plan: PlanExecution | undefined): string | null => {
  const end = plan?.end.value ?? null
  return end === null || end.status === "completed" ? null : end.completedAt
}

/** When something should have happened to an open task, apart from its plan's alarms. */
export const taskDue = (task: TaskExecution): string | null =>
  least(task.deadline.value, task.state.value?.state === "waiting" ? task.retryAt.value : null)

export const isOpen = (task: TaskExecution): boolean => task.state.value === null || !isTerminal(task.state.value.state)

/**
 * A task's current view. If its plan failed or was cancelled while it was open, it is shown as cancelled at that time.
 */
export const taskView = (task: TaskExecution, plan: PlanExecution | undefined, nowMs: number): Task => {
  const claim = task.state.value
  const givenUp = isOpen(task) ? givenUpAt(plan) : null
  const completedAt = givenUp ?? claim?.completedAt ?? null
  const isRunning = isOpen(task) && givenUp === null
  const message = (givenUp === null ? claim?.message : null) ?? task.message.value
  const nextRun = plan?.end.value === null ? plan.nextRun.value : null
  return {
    task_id: task.taskId,
    plan_id: task.plan.value,
    event_type: task.origin.value?.eventType ?? null,
    state: givenUp === null ? claim?.state ?? "pending" : "cancelled",
    started_at: task.startedAt === null ? null : shownInstant(task.startedAt),
    ...(completedAt === null ? {} : { completed_at: shownInstant(completedAt) }),
    ...(completedAt === null || task.startedAt === null
      ? {}
      : { duration_seconds: microsecondsBetween(task.startedAt, completedAt) / 1_000_000 }),
    ...(task.progress.value === null ? {} : { progress: task.progress.value }),
    ...(message === null ? {} : { message }),
    ...(task.agent.value === null ? {} : { agent_id: task.agent.value }),
    ...(task.attempt === null ? {} : { attempt: task.attempt }),
    stalled: isRunning && (isOverdue(taskDue(task), nowMs) || isOverdue(nextRun, nowMs)),
    ...(claim === null || claim.error === null ? {} : { error: claim.error })
  }
}
