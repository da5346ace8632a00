import type { Plan } from "../api/views.ts"
import { shownInstant } from "../projection/instant.ts"
import { type PlanExecution, traceRank } from "../projection/PlanExecution.ts"
import { isOverdue } from "./stalled.ts"

/** Counts of a plan's tasks. */
export interface TaskSummary {
  readonly taskCount: number
  readonly completedTasks: number
  readonly failedTasks: number
  readonly startedAt: string | null
  /** The earliest time at which something should have happened to an open task. */
  readonly openDue: string | null
  /** The trace of the earliest requested task that has one. */
  readonly traceId: string | null
}

/** A plan and what its tasks contribute. */
export interface PlanFacts {
  readonly plan: PlanExecution
  readonly tasks: TaskSummary
}

/** The trace named by an event of the plan: its start's, otherwise the earliest request's, otherwise any. */
export const planTrace = ({ plan, tasks }: PlanFacts): string | null =>
  plan.trace.key.startsWith(traceRank.start)
    ? plan.trace.value
    : tasks.traceId ?? (plan.trace.key.startsWith(traceRank.request) ? null : plan.trace.value)

/** The trace to show: if no event names one, that of the request that carried them. */
export const shownTrace = (facts: PlanFacts): string | null => planTrace(facts) ?? facts.plan.trace.value

/** A plan's status: its end, otherwise paused or running. */
export const planStatus = ({ end, paused }: PlanExecution): Plan["status"] =>
  end.value?.status ?? (paused.value === true ? "paused" : "running")

/** A plan's current view. */
export const planView = (facts: PlanFacts, nowMs: number): Plan => {
  const { plan, tasks } = facts
  const end = plan.end.value
  const nextRun = end === null ? plan.nextRun.value : null
  const startedAt = plan.startedAt ?? tasks.startedAt
  return {
    plan_id: plan.planId,
    status: planStatus(plan),
    started_at: startedAt === null ? null : shownInstant(startedAt),
    ...(end === null ? {} : { completed_at: shownInstant(end.completedAt) }),
    task_count: tasks.taskCount,
    completed_tasks: tasks.completedTasks,
    failed_tasks: tasks.failedTasks,
    current_state: plan.currentState.value,
    trace_id: shownTrace(facts),
    session_id: plan.session.value,
    parent_plan_id: plan.parent.value,
    goal_event: plan.goal.value,
    ...(nextRun === null ? {} : { next_run_at: shownInstant(nextRun) }),
    ...(plan.progress.value === null ? {} : { progress: plan.progress.value }),
    stalled: end === null && (isOverdue(nextRun, nowMs) || isOverdue(tasks.openDue, nowMs)),
    ...(end === null || end.error === null ? {} : { error: end.error })
  }
}
