import type { ActionRequest, TaskEvent } from "@durable-effect/core"
import { Context, Effect } from "effect"

/** What an agent works on at the moment, as far as that is known: what its reports carry by themselves. */
export interface Work {
  readonly taskId?: string
  readonly planId?: string
  readonly sessionId?: string
  readonly traceId?: string
  /** The event that led to the work. */
  readonly parentEventId?: string
  /** The group of tasks that this task is one of: its result says so. */
  readonly groupId?: string
  /** The group of tasks that this task was split over: the requests for them say so. */
  readonly delegatesTo?: string
}

/** A reference, so that an agent may report outside of any work too. */
export const CurrentWork = Context.Reference<Work>("@durable-effect/bus/CurrentWork", { defaultValue: () => ({}) })

const known = (work: { readonly [K in keyof Work]: Work[K] | undefined }): Work =>
  Object.fromEntries(Object.entries(work).filter(([, value]) => value !== undefined))

/** The task that a request begins. */
export const taskIdOf = (request: typeof ActionRequest.Type): string =>
  request.data.action_id ?? request.correlation_id ?? request.id

/** A result names it in its envelope alone. */
const planOf = (event: TaskEvent): string | undefined =>
  event.topic === "action-results" ? event.plan_id : event.data.plan_id ?? event.plan_id

/** What an event says of the work that it leads to. */
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

/** A request begins a task of its own, which belongs to no group but its own. */
const keptOf = ({ delegatesTo, groupId, taskId, ...work }: Work, event: TaskEvent): Work =>
  event.topic === "action-requests" ? work : known({ ...work, taskId, groupId, delegatesTo })

/** The work that an event leads to, within the work of before. */
export const workAfter = (work: Work, event: TaskEvent): Work => ({ ...keptOf(work, event), ...saidBy(event) })

/**
 * What is reported inside has this event as its parent, and carries its plan, task, session and trace. For a worker
 * that is the request it works on; for a planner the `plan.started` that it reported, and the result that leads to what
 * it asks for next.
 */
export const inResponseTo = (event: TaskEvent) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateService(self, CurrentWork, (work) => workAfter(work, event))
