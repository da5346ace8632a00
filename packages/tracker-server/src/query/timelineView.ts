import type { TaskState } from "@durable-effect/core"
import type { TimelineEvent } from "../api/views.ts"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { endRank } from "../projection/Fact.ts"
import { shownInstant } from "../projection/instant.ts"
import type { PlanExecution } from "../projection/PlanExecution.ts"
import { projectAll } from "../projection/project.ts"

/** An event of a timeline, with what came of the task it names. */
export interface TimelineRow extends TrackedEvent {
  readonly receivedAt: string
  readonly taskState: TaskState | null
}

/**
 * Whether the event says that a task or plan ended otherwise than it did. `job.terminated` contradicts nothing: a life
 * that has failed or completed is purged all the same.
 */
export const isSuperseded = (row: TimelineRow, plan: PlanExecution): boolean => {
  if (row.type === "job.terminated") return false
  const { plans, tasks } = projectAll([row], { receivedAt: row.receivedAt, requestTraceId: null })
  const task = row.taskId === null ? undefined : tasks.get(row.taskId)
  const saysTaskEnded = task?.state.key.startsWith(endRank) === true
  if (saysTaskEnded && row.taskState !== null && task.state.value?.state !== row.taskState) return true
  const end = plans.get(plan.planId)?.end.value ?? null
  return end !== null && plan.end.value !== null && end.status !== plan.end.value.status
}

export const timelineView = (row: TimelineRow, plan: PlanExecution): TimelineEvent => ({
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
