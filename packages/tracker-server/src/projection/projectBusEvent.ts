import { TaskState } from "@durable-effect/core"
import { Schema } from "effect"
import { dataField } from "../ingest/envelopeAttributes.ts"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { isJsonObject, type JsonObject } from "../ingest/json.ts"
import { isError, planEnd, taskClaim } from "./claims.ts"
import { type Fact, factKey, unknownFact } from "./Fact.ts"
import type { FactSet } from "./Facts.ts"
import { payloadInstant } from "./instant.ts"
import { knownPlan, knownTask, originRank } from "./mentions.ts"
import type { PlanEnd } from "./PlanExecution.ts"
import type { Reception } from "./Reception.ts"

const isTaskState = Schema.is(TaskState)

/** A text field of `data` as a fact. */
const textFact = (event: TrackedEvent, data: JsonObject, name: string, rank: string): Fact<string | null> => {
  const value = dataField(data, name)
  return typeof value === "string" ? { key: factKey(event, rank), value } : unknownFact
}

const deadlineFact = (event: TrackedEvent, data: JsonObject): Fact<string | null> => {
  const value = payloadInstant(dataField(data, "deadline"))
  return value === null ? unknownFact : { key: factKey(event, "1"), value }
}

/** Whoever reports on a task works on it. */
const reporter = (event: TrackedEvent): Fact<string | null> =>
  event.source === null ? unknownFact : { key: factKey(event, "1"), value: event.source }

/** An event about a task in a plan makes the plan known. */
const planOfTask = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  if (event.planId !== null) into.plan(knownPlan(event, event.planId, reception, false))
}

const request = (event: TrackedEvent, data: JsonObject, reception: Reception, into: FactSet): void => {
  if (event.taskId === null) return
  planOfTask(event, reception, into)
  into.task({
    ...knownTask(event, event.taskId, reception, originRank.request, event.type, data),
    startedAt: event.occurredAt,
    agent: textFact(event, data, "assigned_to", "0"),
    deadline: deadlineFact(event, data),
    group: textFact(event, data, "delegation_group_id", "0")
  })
}

const succeeded = (event: TrackedEvent, data: JsonObject): boolean => {
  const said = dataField(data, "success") ?? event.attributes["success"]
  return typeof said === "boolean" ? said : data["status"] !== "failed" && !isError(data["error"])
}

const result = (event: TrackedEvent, data: JsonObject, reception: Reception, into: FactSet): void => {
  if (event.taskId === null) return
  const isSuccess = succeeded(event, data)
  const state = taskClaim(event, isSuccess ? "completed" : "failed", {
    result: data["result"] ?? data,
    ...(!isSuccess && isError(data["error"]) ? { error: data["error"] } : {})
  })
  into.task({
    ...knownTask(event, event.taskId, reception, originRank.result, event.type),
    state,
    // The same key, so that the agent shown is the one whose outcome prevails.
    agent: event.source === null ? unknownFact : { key: state.key, value: event.source },
    group: textFact(event, data, "delegation_group_id", "1")
  })
}

const progress = (event: TrackedEvent, data: JsonObject, reception: Reception, into: FactSet): void => {
  if (event.taskId === null) return
  planOfTask(event, reception, into)
  const state = data["state"]
  const fraction = data["progress"]
  into.task({
    ...knownTask(event, event.taskId, reception, originRank.progress, event.type),
    state: isTaskState(state) ? taskClaim(event, state) : unknownFact,
    startedAt: isTaskState(state) && state !== "pending" ? event.occurredAt : null,
    progress: typeof fraction === "number" ? { key: factKey(event, "1"), value: fraction } : unknownFact,
    message: textFact(event, data, "message", "1"),
    agent: reporter(event),
    deadline: deadlineFact(event, data)
  })
}

const stateChanged = (event: TrackedEvent, data: JsonObject, reception: Reception, into: FactSet): void => {
  const from = dataField(data, "previous_state")
  const to = dataField(data, "new_state")
  if (event.taskId === null || !isTaskState(to)) return
  planOfTask(event, reception, into)
  into.task({
    ...knownTask(event, event.taskId, reception, originRank.transition, event.type),
    state: taskClaim(event, to),
    startedAt: to === "running" ? event.occurredAt : null,
    agent: reporter(event)
  })
  const reason = dataField(data, "reason")
  into.transition({
    eventId: event.eventId,
    taskId: event.taskId,
    planId: event.planId,
    fromState: isTaskState(from) ? from : "pending",
    toState: to,
    reason: typeof reason === "string" ? reason : null,
    transitionedAt: event.occurredAt
  })
}

const plan = (event: TrackedEvent, data: JsonObject, reception: Reception, into: FactSet): void => {
  if (event.planId === null) return
  const isStart = event.type === "plan.started"
  const state = dataField(data, "current_state") ?? dataField(data, "new_state")
  const status = ends.get(event.type)
  into.plan({
    ...knownPlan(event, event.planId, reception, isStart),
    parent: isStart ? textFact(event, data, "parent_plan_id", "0") : unknownFact,
    goal: isStart ? textFact(event, data, "goal_event", "0") : unknownFact,
    currentState: typeof state === "string" ? { key: factKey(event, "1"), value: state } : unknownFact,
    end: status === undefined
      ? unknownFact
      : planEnd(event, status, {
        result: data["result"],
        ...(isError(data["error"]) ? { error: data["error"] } : {})
      })
  })
}

const ends = new Map<string, PlanEnd["status"]>([
  ["plan.completed", "completed"],
  ["plan.failed", "failed"],
  ["plan.cancelled", "cancelled"]
])

const delegation = (event: TrackedEvent, data: JsonObject, reception: Reception, into: FactSet): void => {
  const groupId = dataField(data, "group_id")
  const parentTaskId = dataField(data, "parent_task_id")
  const totalTasks = dataField(data, "total_tasks")
  if (typeof groupId !== "string" || typeof parentTaskId !== "string") return
  planOfTask(event, reception, into)
  into.group({
    groupId,
    start: {
      key: factKey(event, "0"),
      value: { parentTaskId, planId: event.planId, totalTasks: typeof totalTasks === "number" ? totalTasks : null }
    }
  })
  into.task({
    ...knownTask(event, parentTaskId, reception, originRank.transition, event.type),
    state: taskClaim(event, "delegated")
  })
}

const byType = new Map([
  ["task.progress", progress],
  ["task.state_changed", stateChanged],
  ["plan.started", plan],
  ["plan.state_changed", plan],
  ["plan.completed", plan],
  ["plan.failed", plan],
  ["plan.cancelled", plan],
  ["delegation.started", delegation]
])

/** Projects tasks and plans of agents. On the action topics, the topic decides, whatever the type. */
export const projectBusEvent = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  const project = event.topic === "action-requests"
    ? request
    : event.topic === "action-results"
    ? result
    : event.topic === "system-events"
    ? byType.get(event.type)
    : undefined
  project?.(event, isJsonObject(event.data) ? event.data : {}, reception, into)
}
