import { JobEvent, type TaskState } from "@durable-effect/core"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { isJsonObject, type JsonObject } from "../ingest/json.ts"
import { planEnd, taskClaim, type TaskOutcome } from "./claims.ts"
import { endRank, factKey, sequenceKey, unknownFact } from "./Fact.ts"
import type { FactSet } from "./Facts.ts"
import { payloadInstant, shownInstant } from "./instant.ts"
import { knownPlan, knownTask, originRank } from "./mentions.ts"
import type { PlanExecution } from "./PlanExecution.ts"
import type { Reception } from "./Reception.ts"
import type { TaskExecution } from "./TaskExecution.ts"

const knownTypes: ReadonlySet<string> = new Set(JobEvent.members.map(({ fields }) => fields.type.schema.literal))

const textOr = (value: unknown, otherwise: string): string => typeof value === "string" ? value : otherwise
const numberOr = (value: unknown, otherwise: number): number => typeof value === "number" ? value : otherwise

const messageOf = (error: unknown): string | null =>
  isJsonObject(error) && typeof error["message"] === "string" ? error["message"] : null

/** What an event says of the life it belongs to, beyond the base fields. */
const planChange = (event: TrackedEvent, data: JsonObject): Partial<PlanExecution> => {
  const now = (value: string) => ({ currentState: { key: factKey(event, "1"), value } })
  const nextRun = (value: string | null) => ({ nextRun: { key: sequenceKey(event), value } })
  const collected = (count: unknown) =>
    typeof count === "number" ? { progress: { key: sequenceKey(event), value: count } } : {}
  switch (event.type) {
    case "job.created":
      return now("created")
    case "execution.started":
      return now("running")
    case "execution.succeeded":
      return now("idle")
    case "execution.failed":
      return data["willRetry"] === true ? now("retrying") : {}
    case "retry.scheduled":
      return now("retrying")
    case "alarm.scheduled":
      return { ...now("scheduled"), ...nextRun(payloadInstant(data["scheduledFor"])) }
    case "alarm.fired":
    case "alarm.cancelled":
      return nextRun(null)
    case "task.event.received":
      return now("processing")
    case "task.idle":
      return now("idle")
    case "debounce.event.added":
      return { ...now("collecting"), ...collected(data["eventCount"]) }
    case "debounce.flush.triggered":
      return { ...now("flushing"), ...collected(data["eventCount"]) }
    case "debounce.cleared":
      return collected(0)
    case "pool.paused":
      return { paused: { key: factKey(event, "1"), value: true } }
    case "pool.resumed":
      return { paused: { key: factKey(event, "1"), value: false } }
    case "job.completed":
      return { ...now("completed"), end: planEnd(event, "completed") }
    case "job.failed":
      return { ...now("failed"), end: planEnd(event, "failed", { error: data["error"] }) }
    case "job.terminated":
      return { ...now("terminated"), end: planEnd(event, "cancelled") }
    default:
      return {}
  }
}

/** What an event says of the execution it belongs to; undefined where it says nothing. */
const taskChange = (event: TrackedEvent, data: JsonObject): Partial<TaskExecution> | undefined => {
  const retryAt = (value: string | null) => ({ retryAt: { key: factKey(event, "1"), value } })
  const state = (state: TaskState, outcome?: TaskOutcome) => ({ state: taskClaim(event, state, outcome) })
  const attempt = numberOr(data["attempt"], 1)
  switch (event.type) {
    case "execution.started":
    case "retry.attempted":
      return {
        ...state("running"),
        ...retryAt(null),
        startedAt: event.occurredAt,
        attempt
      }
    case "execution.succeeded":
      return { ...state("completed"), attempt }
    case "execution.failed":
      return data["willRetry"] === true
        ? { ...state("waiting", { message: messageOf(data["error"]) }), attempt }
        : { ...state("failed", { error: data["error"] }), attempt }
    case "retry.scheduled": {
      const at = payloadInstant(data["retryAt"])
      const message = at === null ? `retry ${attempt}` : `retry ${attempt} at ${shownInstant(at)}`
      return { ...state("waiting", { message }), ...retryAt(at) }
    }
    case "retry.exhausted":
      return state("failed", { error: data["lastError"] })
    case "alarm.cancelled":
      return data["kind"] === "retry" ? { ...state("cancelled"), ...retryAt(null) } : undefined
    case "pool.item.enqueued":
      return {}
    case "pool.item.cancelled":
      return state("cancelled")
    default:
      return undefined
  }
}

/** From which state to which an event says that its execution went. */
const transition = (event: TrackedEvent, data: JsonObject) => {
  switch (event.type) {
    case "execution.started":
      return numberOr(data["attempt"], 1) === 1 ? ["pending", "running"] as const : undefined
    case "retry.attempted":
      return ["waiting", "running"] as const
    case "execution.succeeded":
      return ["running", "completed"] as const
    case "execution.failed":
      return ["running", data["willRetry"] === true ? "waiting" : "failed"] as const
    case "alarm.cancelled":
      return data["kind"] === "retry" ? ["waiting", "cancelled"] as const : undefined
    default:
      return undefined
  }
}

const isStart = (type: string) => type === "job.created" || type === "job.started"

/** One life of a job instance is a plan, one execution with all its attempts a task, the definition the agent. */
export const projectJobEvent = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  const data = isJsonObject(event.data) ? event.data : {}
  const isEarlier = typeof event.attributes["incarnationId"] !== "string"
  // An earlier emitter's `job.failed` tells of one attempt.
  if (!knownTypes.has(event.type) || (isEarlier && event.type === "job.failed") || event.planId === null) return
  const jobType = textOr(event.attributes["jobType"], "")
  const jobName = textOr(event.attributes["jobName"], "")
  const parent = event.attributes["parentIncarnationId"]
  into.plan({
    ...knownPlan(event, event.planId, reception, isStart(event.type)),
    jobName,
    jobType,
    goal: { key: factKey(event, isStart(event.type) ? "0" : "1"), value: `${jobType}.${jobName}` },
    parent: typeof parent === "string" ? { key: factKey(event, "0"), value: parent } : unknownFact,
    ...planChange(event, data)
  })
  if (event.taskId === null) return
  const change = taskChange(event, data)
  if (change === undefined) return
  const handler = typeof data["handler"] === "string" ? data["handler"] : undefined
  into.task({
    ...knownTask(
      event,
      event.taskId,
      reception,
      handler === undefined ? originRank.execution : originRank.request,
      handler === undefined ? `${jobType}.${jobName}` : `${jobType}.${jobName}.${handler}`
    ),
    agent: { key: factKey(event, change.state?.key.startsWith(endRank) === true ? endRank : "1"), value: jobName },
    ...change
  })
  const states = transition(event, data)
  if (states !== undefined) {
    into.transition({
      eventId: event.eventId,
      taskId: event.taskId,
      planId: event.planId,
      fromState: states[0],
      toState: states[1],
      reason: event.type === "execution.failed"
        ? messageOf(data["error"])
        : typeof data["reason"] === "string"
        ? data["reason"]
        : null,
      transitionedAt: event.occurredAt
    })
  }
}
