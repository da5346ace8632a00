import { Predicate, Schema } from "effect"
import { isTerminal, TaskState } from "../task/TaskState.ts"
import type { BaseTrackingEvent } from "./TrackingEvent.ts"

const ends: ReadonlySet<string> = new Set([
  "job.completed",
  "job.failed",
  "job.terminated",
  "execution.succeeded",
  "plan.completed",
  "plan.failed",
  "plan.cancelled"
])

const isTaskState = Schema.is(TaskState)
const endsTask = (state: unknown) => isTaskState(state) && isTerminal(state)

/**
 * Whether an event ends a job, an execution, a task or a plan. Sampling keeps these events: without them the work would
 * appear to run forever.
 */
export const isTerminalEvent = (event: BaseTrackingEvent): boolean => {
  if (ends.has(event.type)) return true
  if (event.type === "execution.failed") return !("willRetry" in event && event.willRetry === true)
  if ("topic" in event && event.topic === "action-results") return true
  if (!("data" in event) || !Predicate.isReadonlyObject(event.data)) return false
  const data: { readonly state?: unknown; readonly new_state?: unknown } = event.data
  return event.type === "task.progress"
    ? endsTask(data.state)
    : event.type === "task.state_changed" && endsTask(data.new_state)
}
