import type { ActionRequest, TaskEvent } from "@durable-effect/core"
import { Context, Effect } from "effect"

/** What an agent is currently working on, as far as known; its reports carry this automatically. */
export interface Work {
  readonly taskId?: string
  readonly planId?: string
  readonly sessionId?: string
  readonly traceId?: string
  /** The event that caused the work. */
  readonly parentEventId?: string
  /** The group this task is part of; included in its result. */
  readonly groupId?: string
  /** The group this task was delegated to; included in the requests for its tasks. */
  readonly delegatesTo?: string
}

/** A `Context.Reference`, so that an agent can also report outside any work. */
export const CurrentWork = Context.Reference<Work>("@durable-effect/bus/CurrentWork", { defaultValue: () => ({}) })

const known = (work: { readonly [K in keyof Work]: Work[K] | undefined }): Work =>
  Object.fromEntries(Object.entries(work).filter(([, value]) => value !== undefined))

/** The id of the task that a request begins. */
export const taskIdOf = (request: typeof ActionRequest.Type): string =>
  request.data.action_id ?? request.correlation_id ?? request.id

/** A result names its plan only in its envelope. */
const planOf = (event: TaskEvent): string | undefined =>
  event.topic === "action-results" ? event.plan_id : event.data.plan_id ?? event.plan_id

/** What an event says about the work it causes. */
const saidBy = (event: TaskEvent): Work => {
  const said = {
    planId: planOf(event),
    sessionId: event.session_id,
    traceId: event.trace_id,
    parentEventId: event.id
  }
  if (event.topic === "action-requests") {
    return known({ ...said, taskId: taskIdOf(event), groupId: event.data.delegation_group_id })
  }
  if (event.topic === "action-results") return known(said)
  switch (event.type) {
    case "plan.started":
      return known({ ...said, sessionId: event.data.session_id ?? event.session_id })
    case "delegation.started":
      return known({ ...said, taskId: event.data.parent_task_id, delegatesTo: event.data.group_id })
    case "task.progress":
    case "task.state_changed":
      return known({ ...said, taskId: event.data.task_id })
    default:
      return known(said)
  }
}

/** A request begins a new task, which belongs to no group but its own. */
const keptOf = ({ delegatesTo, groupId, taskId, ...work }: Work, event: TaskEvent): Work =>
  event.topic === "action-requests" ? work : known({ ...work, taskId, groupId, delegatesTo })

/** The work caused by an event, within the preceding work. */
export const workAfter = (work: Work, event: TaskEvent): Work => ({ ...keptOf(work, event), ...saidBy(event) })

/**
 * Reports made inside have this event as their parent, and carry its plan, task, session and trace. For a worker, that
 * is the request it works on; for a planner, the `plan.started` it reported, and each result that leads to its next
 * request.
 */
export const inResponseTo = (event: TaskEvent) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(self, CurrentWork, (work) => workAfter(work, event))
