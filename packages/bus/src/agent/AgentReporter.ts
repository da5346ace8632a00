import {
  type ActionRequest,
  type ActionResult,
  EventTracker,
  type EventTrackerService,
  nextEventId,
  type SystemEvent,
  type TaskEvent,
  type TaskState,
  type TrackerStats
} from "@durable-effect/core"
import { Context, Effect, Layer } from "effect"
import type { EventBus } from "../EventBus.ts"
import { type BusTrackerOptions, makeBusTracker } from "./BusTracker.ts"
import * as Compose from "./compose.ts"
import { CurrentWork } from "./CurrentWork.ts"
import { misfit } from "./misfit.ts"

type Reported<T extends SystemEvent["type"]> = Effect.Effect<Extract<SystemEvent, { readonly type: T }>>
type About<T extends SystemEvent["type"], K extends string> = Omit<Compose.SystemData<T>, K>

/** The task an action belongs to, if the current work does not determine it. */
export interface ActionOptions {
  readonly taskId?: string
}

/** What a progress report may contain besides the fraction. `state` defaults to `running`. */
export type ProgressOptions = Partial<About<"task.progress", "task_id" | "progress" | "message">>

/**
 * Reports what an agent does. Every call returns the event it reported, built with core's schemas: with a new id, the
 * current time and the agent as its source. Trace, plan, session, task and parent are filled in from the work in which
 * it is called (`inResponseTo`), or the trace from the current span if the work has none; explicit values take
 * precedence.
 *
 * No call fails or waits: the event is accepted and delivered in the background; the layer determines how reliably. An
 * event that does not match its schema, such as a progress of 1.5, is lost: a warning says why, and `stats` counts it
 * as `rejected`.
 */
export class AgentReporter extends Context.Service<AgentReporter, {
  /** The `source` of every report. */
  readonly agent: string
  /**
   * Requests work: a task begins in the current plan and, after a `delegation.started`, in the current group. Its id
   * (`correlation_id`) is that of the event, unless `action_id` or `taskId` gives another.
   * @param type user-defined, such as `web.search.requested`
   */
  readonly requestAction: (
    type: string,
    data?: Compose.RequestData,
    options?: ActionOptions
  ) => Effect.Effect<typeof ActionRequest.Type>
  /**
   * Reports the outcome of the current task, or of `taskId`. Without `success`, `status: "failed"` or an `error` marks
   * it as failed.
   * @param type user-defined, such as `web.search.completed`
   */
  readonly completeAction: (
    type: string,
    data?: Compose.ResultData,
    options?: ActionOptions
  ) => Effect.Effect<typeof ActionResult.Type>
  /** @param progress 0 … 1 */
  readonly progress: (
    taskId: string,
    progress: number,
    message?: string,
    options?: ProgressOptions
  ) => Reported<"task.progress">
  readonly stateChanged: (
    taskId: string,
    previous: TaskState,
    next: TaskState,
    reason?: string
  ) => Reported<"task.state_changed">
  /** A plan begins; one started from within another plan's work has that plan as its parent. */
  readonly planStarted: (planId: string, data?: About<"plan.started", "plan_id">) => Reported<"plan.started">
  readonly planStateChanged: (planId: string, currentState: string) => Reported<"plan.state_changed">
  readonly planCompleted: (planId: string, data?: About<"plan.completed", "plan_id">) => Reported<"plan.completed">
  readonly planFailed: (planId: string, data?: About<"plan.failed", "plan_id">) => Reported<"plan.failed">
  readonly planCancelled: (planId: string, data?: About<"plan.cancelled", "plan_id">) => Reported<"plan.cancelled">
  /** A task is delegated to others as this many tasks, which are requested in response to the event returned here. */
  readonly delegationStarted: (
    groupId: string,
    parentTaskId: string,
    totalTasks: number
  ) => Reported<"delegation.started">
  /** Waits until everything reported before is delivered or counted as lost, or until the layer's timeout. */
  readonly flush: Effect.Effect<void>
  /** What happened to the reports. */
  readonly stats: Effect.Effect<TrackerStats>
}>()("@durable-effect/bus/AgentReporter") {
  /** Reports through the tracker in context, with its guarantees: over HTTP in batches, or in memory in tests. */
  static readonly layer = (agent: string): Layer.Layer<AgentReporter, never, EventTracker> =>
    Layer.effect(AgentReporter, Effect.map(EventTracker, (tracker) => make(agent, tracker)))

  /**
   * Reports over the bus, where other agents see it too. An event counts as delivered once the bus has stored it. While
   * the bus is down, events wait, up to `maxPending`, and are retried under their ids.
   */
  static readonly layerBus = (
    agent: string,
    options: BusTrackerOptions = {}
  ): Layer.Layer<AgentReporter, never, EventBus> =>
    Layer.effect(AgentReporter, Effect.map(makeBusTracker(options), (tracker) => make(agent, tracker)))
}

const spanTraceId = Effect.match(Effect.currentParentSpan, {
  onFailure: () => undefined,
  onSuccess: ({ traceId }) => traceId
})

const make = (source: string, tracker: EventTrackerService<TaskEvent>): AgentReporter["Service"] => {
  let misfits = 0

  const report = Effect.fnUntraced(function*<E extends TaskEvent>(compose: (moment: Compose.Moment) => E) {
    const { eventId, timestamp } = yield* nextEventId
    const work = yield* CurrentWork
    const event = compose({ source, id: eventId, time: timestamp, spanTraceId: yield* spanTraceId, work })
    const reason = misfit(event)
    if (reason === undefined) yield* tracker.emit(event)
    else {
      misfits += 1
      yield* Effect.logWarning(`A ${event.type} of ${source} was not reported: ${reason}`)
    }
    return event
  })

  return {
    agent: source,
    requestAction: (type, data = {}, { taskId } = {}) => report((at) => Compose.actionRequest(at, type, data, taskId)),
    completeAction: (type, data = {}, { taskId } = {}) => report((at) => Compose.actionResult(at, type, data, taskId)),
    progress: (taskId, progress, message, options = {}) =>
      report((at) =>
        Compose.taskEvent(at, "task.progress", taskId, {
          task_id: taskId,
          state: "running",
          progress,
          ...(message === undefined ? {} : { message }),
          ...options
        })
      ),
    stateChanged: (taskId, previous_state, new_state, reason) =>
      report((at) =>
        Compose.taskEvent(at, "task.state_changed", taskId, {
          task_id: taskId,
          previous_state,
          new_state,
          ...(reason === undefined ? {} : { reason })
        })
      ),
    planStarted: (planId, data = {}) =>
      report((at) =>
        Compose.planEvent(at, "plan.started", planId, {
          ...(at.work.planId === undefined ? {} : { parent_plan_id: at.work.planId }),
          ...(at.work.sessionId === undefined ? {} : { session_id: at.work.sessionId }),
          ...data
        })
      ),
    planStateChanged: (planId, current_state) =>
      report((at) => Compose.planEvent(at, "plan.state_changed", planId, { current_state })),
    planCompleted: (planId, data = {}) => report((at) => Compose.planEvent(at, "plan.completed", planId, data)),
    planFailed: (planId, data = {}) => report((at) => Compose.planEvent(at, "plan.failed", planId, data)),
    planCancelled: (planId, data = {}) => report((at) => Compose.planEvent(at, "plan.cancelled", planId, data)),
    delegationStarted: (group_id, parent_task_id, total_tasks) =>
      report((at) =>
        Compose.taskEvent(at, "delegation.started", parent_task_id, { group_id, parent_task_id, total_tasks })
      ),
    flush: Effect.suspend(() => tracker.flush()),
    stats: Effect.map(Effect.suspend(() => tracker.stats()), (stats) =>
      misfits === 0 ? stats : {
        ...stats,
        emitted: stats.emitted + misfits,
        lost: { ...stats.lost, rejected: (stats.lost.rejected ?? 0) + misfits }
      })
  }
}
