import type { ActionRequest, ActionResult, SystemEvent } from "@durable-effect/core"
import type { Work } from "./CurrentWork.ts"

/** What is known only when a report is made. */
export interface Moment {
  /** The agent. */
  readonly source: string
  readonly id: string
  /** RFC 3339, UTC. */
  readonly time: string
  /** The trace of the span in which the report is made. */
  readonly spanTraceId: string | undefined
  readonly work: Work
}

/** `data` of an event on the topic `system-events`. */
export type SystemData<T extends SystemEvent["type"]> = Extract<SystemEvent, { readonly type: T }>["data"]
export type RequestData = typeof ActionRequest.Type["data"]
export type ResultData = typeof ActionResult.Type["data"]

/** The work's trace takes precedence over the span's: all events of a task are in its request's trace. */
const envelope = ({ id, source, spanTraceId, time, work }: Moment) => {
  const traceId = work.traceId ?? spanTraceId
  return {
    id,
    source,
    specversion: "1.0" as const,
    time,
    ...(traceId === undefined ? {} : { trace_id: traceId }),
    ...(work.parentEventId === undefined ? {} : { parent_event_id: work.parentEventId }),
    ...(work.sessionId === undefined ? {} : { session_id: work.sessionId })
  }
}

const planOf = ({ work: { planId } }: Moment) => planId === undefined ? {} : { plan_id: planId }

/** An event about a plan, which its `data` names. */
export const planEvent = <const T extends SystemEvent["type"], const D extends object>(
  moment: Moment,
  type: T,
  planId: string,
  data: D
) => ({
  ...envelope(moment),
  type,
  topic: "system-events" as const,
  data: { plan_id: planId, ...data }
})

/** An event about a task of the current plan. */
export const taskEvent = <const T extends SystemEvent["type"], const D extends object>(
  moment: Moment,
  type: T,
  taskId: string,
  data: D
) => ({
  ...envelope(moment),
  type,
  topic: "system-events" as const,
  correlation_id: taskId,
  data: { ...planOf(moment), ...data }
})

/** The task is new, with its request's id, unless `data` or otherwise the caller names it, as the tracker reads it. */
export const actionRequest = (moment: Moment, type: string, data: RequestData, taskId: string | undefined) => {
  const { delegatesTo } = moment.work
  return {
    ...envelope(moment),
    type,
    topic: "action-requests" as const,
    correlation_id: data.action_id ?? taskId ?? moment.id,
    data: { ...planOf(moment), ...(delegatesTo === undefined ? {} : { delegation_group_id: delegatesTo }), ...data }
  }
}

/** The task is the current one, unless `data` or the caller names another. */
export const actionResult = (moment: Moment, type: string, data: ResultData, taskId: string | undefined) => {
  const { groupId } = moment.work
  const correlationId = data.action_id ?? taskId ?? moment.work.taskId
  return {
    ...envelope(moment),
    type,
    topic: "action-results" as const,
    ...planOf(moment),
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    data: { ...(groupId === undefined ? {} : { delegation_group_id: groupId }), ...data }
  }
}
