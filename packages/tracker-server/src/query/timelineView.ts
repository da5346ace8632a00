import type { TaskState } from "@durable-effect/core"
import type { TimelineEvent } from "../api/views.ts"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { endRank } from "../projection/Fact.ts"
import { shownInstant } from "../projection/instant.ts"
import type { PlanEnd, PlanExecution } from "../projection/PlanExecution.ts"
import { projectAll } from "../projection/project.ts"

/** An event of a timeline, with the outcome of the task it names. */
export interface TimelineRow extends TrackedEvent {
  readonly receivedAt: string
  readonly taskState: TaskState | null
}

/** The facts about a plan against which its events are judged. */
export interface PlanStanding {
  readonly planId: string
  /** How it ended; null while it is open. */
  readonly endStatus: PlanEnd["status"] | null
}

export const standingOf = ({ end, planId }: PlanExecution): PlanStanding => ({
  planId,
  endStatus: end.value?.status ?? null
})

/**
 * Whether the event reports a different end of a task or plan than the one that stands. `job.terminated` contradicts
 * nothing: a failed or completed incarnation is purged all the same.
 */
export const isSuperseded = (row: TimelineRow, plan: PlanStanding | null): boolean => {
  if (row.type === "job.terminated") return false
  const { plans, tasks } = projectAll([row], { receivedAt: row.receivedAt, requestTraceId: null })
  const task = row.taskId === null ? undefined : tasks.get(row.taskId)
  const saysTaskEnded = task?.state.key.startsWith(endRank) === true
  if (saysTaskEnded && row.taskState !== null && task.state.value?.state !== row.taskState) return true
  if (plan === null || plan.endStatus === null) return false
  const end = plans.get(plan.planId)?.end.value ?? null
  return end !== null && end.status !== plan.endStatus
}

export const timelineView = (row: TimelineRow, plan: PlanStanding | null): TimelineEvent => ({
  event_id: row.eventId,
  event_type: row.type,
  timestamp: shownInstant(row.occurredAt),
  parent_event_id: row.parentEventId,
  topic: row.topic,
  source: row.source,
  ...(row.taskId === null ? {} : { task_id: row.taskId }),
  received_at: shownInstant(row.receivedAt),
  superseded: isSuperseded(row, plan),
  data: row.data
})
