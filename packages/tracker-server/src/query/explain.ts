import type { ExplainedFields, IgnoredEvent, Task } from "../api/views.ts"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { compareBytes, endRank, least, type SpokenBy, spokenBy, spokenInSequence } from "../projection/Fact.ts"
import { shownInstant } from "../projection/instant.ts"
import type { PlanExecution } from "../projection/PlanExecution.ts"
import { projectAll } from "../projection/project.ts"
import type { TaskExecution } from "../projection/TaskExecution.ts"
import { givenUpAt, isOpen, taskDue } from "./taskView.ts"

/** What one event says about a task; `undefined` if nothing. */
export const saidOf = (event: TrackedEvent, taskId: string): TaskExecution | undefined => {
  const said = projectAll([event], { receivedAt: "", requestTraceId: null }).tasks.get(taskId)
  return said?.known === true ? said : undefined
}

const bySpeech = (left: TrackedEvent, right: TrackedEvent): number =>
  compareBytes(left.occurredAt, right.occurredAt) || left.sequence - right.sequence ||
  compareBytes(left.eventId, right.eventId)

/** The first of these events that sets, in a field without a key, the task's value. */
export const firstToSay = (
  events: ReadonlyArray<TrackedEvent>,
  task: TaskExecution,
  field: "startedAt" | "attempt"
): SpokenBy | null =>
  task[field] === null
    ? null
    : events.toSorted(bySpeech).find((event) => saidOf(event, task.taskId)?.[field] === task[field]) ?? null

/** Fields whose event is recorded in their key. */
const keyed = [
  "origin",
  "plan",
  "state",
  "progress",
  "message",
  "agent",
  "deadline",
  "retryAt",
  "group"
] as const

/** Maximum number of a task's events that can have determined something. */
export const mostDeciding = keyed.length + 2

/** The events that first reported a task's start and attempt: those fields have no key. */
export interface Unkeyed {
  readonly startedBy: SpokenBy | null
  readonly attemptBy: SpokenBy | null
}

/**
 * Why an event determines nothing about a task; `undefined` if it does, or says nothing about it. `superseded`: it
 * contradicts the end that stands, whatever else it determines, or repeats it, or came after it. `older`: other events
 * take precedence.
 */
export const whyIgnored = (
  event: TrackedEvent,
  task: TaskExecution,
  { attemptBy, startedBy }: Unkeyed
): IgnoredEvent["reason"] | undefined => {
  const said = saidOf(event, task.taskId)
  if (said === undefined) return undefined
  const [claim, end] = [said.state.key, task.state.key]
  const saysEnded = claim.startsWith(endRank)
  if (saysEnded && said.state.value?.state !== task.state.value?.state) return "superseded"
  if (event.eventId === startedBy?.eventId || event.eventId === attemptBy?.eventId) return undefined
  if (keyed.some((name) => said[name].key !== "" && said[name].key === task[name].key)) return undefined
  // After the rank, a key begins with the instant.
  const isAfterEnd = claim !== "" && end.startsWith(endRank) && compareBytes(claim.slice(1), end.slice(1)) > 0
  return saysEnded || isAfterEnd ? "superseded" : "older"
}

const by = <A>(value: A, spoken: SpokenBy | null) => ({
  value,
  event_id: spoken?.eventId ?? null,
  timestamp: spoken === null ? null : shownInstant(spoken.occurredAt)
})

/** The event that set when something must happen next to an open task. */
const dueBy = (task: TaskExecution, plan: PlanExecution | undefined): SpokenBy | null => {
  const nextRun = plan?.end.value === null ? plan.nextRun : undefined
  const due = taskDue(task)
  const first = least(due, nextRun?.value ?? null)
  if (first === null) return null
  if (first !== due) return spokenInSequence(nextRun?.key ?? "")
  return spokenBy(first === task.deadline.value ? task.deadline.key : task.retryAt.key)
}

/** The event that determined each field of a task's view. */
export const explainedFields = (
  view: Task,
  task: TaskExecution,
  plan: PlanExecution | undefined,
  { attemptBy, startedBy }: Unkeyed
): ExplainedFields => {
  const isGivenUp = isOpen(task) && givenUpAt(plan) !== null
  const origin = spokenBy(task.origin.key)
  const claim = spokenBy(task.state.key)
  // A task without a reported state is pending, since some event made it known.
  const state = isGivenUp ? spokenBy(plan?.end.key ?? "") : claim ?? origin
  const hasOwnMessage = !isGivenUp && (task.state.value?.message ?? null) !== null
  const isEnded = isGivenUp || !isOpen(task)
  return {
    plan_id: by(view.plan_id, spokenBy(task.plan.key)),
    event_type: by(view.event_type, origin),
    state: by(view.state, state),
    started_at: by(view.started_at, startedBy),
    ...(view.completed_at === undefined ? {} : { completed_at: by(view.completed_at, state) }),
    ...(view.duration_seconds === undefined ? {} : { duration_seconds: by(view.duration_seconds, state) }),
    ...(view.progress === undefined ? {} : { progress: by(view.progress, spokenBy(task.progress.key)) }),
    ...(view.message === undefined
      ? {}
      : { message: by(view.message, hasOwnMessage ? claim : spokenBy(task.message.key)) }),
    ...(view.agent_id === undefined ? {} : { agent_id: by(view.agent_id, spokenBy(task.agent.key)) }),
    ...(view.attempt === undefined ? {} : { attempt: by(view.attempt, attemptBy) }),
    stalled: by(view.stalled, isEnded ? state : dueBy(task, plan)),
    ...(view.error === undefined ? {} : { error: by(view.error, claim) })
  }
}
