import { JobEvent } from "@durable-effect/core"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { isJsonObject, type JsonObject } from "../ingest/json.ts"
import { planEnd } from "./claims.ts"
import type { FactSet } from "./Facts.ts"
import { payloadInstant, shownInstant } from "./instant.ts"
import { originRank } from "./mentions.ts"
import { countOf, messageOf, ordinalOf } from "./payload.ts"
import type { PlanExecution } from "./PlanExecution.ts"
import type { Reception } from "./Reception.ts"
import { claims, collected, inState, isPaused, nextRunAt, projectRun, retryAt } from "./runs.ts"
import type { TaskExecution } from "./TaskExecution.ts"

const knownTypes: ReadonlySet<string> = new Set(JobEvent.members.map(({ fields }) => fields.type.schema.literal))

const textOr = (value: unknown, otherwise: string): string => typeof value === "string" ? value : otherwise

/** What an event says about its incarnation, beyond the base fields. */
const planChange = (event: TrackedEvent, data: JsonObject): Partial<PlanExecution> => {
  switch (event.type) {
    case "job.created":
      return inState(event, "created")
    case "execution.started":
      return inState(event, "running")
    case "execution.succeeded":
      return inState(event, "idle")
    case "execution.failed":
      return data["willRetry"] === true ? inState(event, "retrying") : {}
    case "retry.scheduled":
      return inState(event, "retrying")
    case "alarm.scheduled":
      return { ...inState(event, "scheduled"), ...nextRunAt(event, payloadInstant(data["scheduledFor"])) }
    case "alarm.fired":
    case "alarm.cancelled":
      return nextRunAt(event, null)
    case "task.event.received":
      return inState(event, "processing")
    case "task.idle":
      return inState(event, "idle")
    case "debounce.event.added":
      return { ...inState(event, "collecting"), ...collected(event, countOf(data["eventCount"])) }
    case "debounce.flush.triggered":
      return { ...inState(event, "flushing"), ...collected(event, countOf(data["eventCount"])) }
    case "debounce.cleared":
      return collected(event, 0)
    case "pool.paused":
      return isPaused(event, true)
    case "pool.resumed":
      return isPaused(event, false)
    case "job.completed":
      return { ...inState(event, "completed"), end: planEnd(event, "completed") }
    case "job.failed":
      return { ...inState(event, "failed"), end: planEnd(event, "failed", { error: data["error"] }) }
    case "job.terminated":
      return { ...inState(event, "terminated"), end: planEnd(event, "cancelled") }
    default:
      return {}
  }
}

/** What an event says about its execution; `undefined` if nothing. */
const taskChange = (event: TrackedEvent, data: JsonObject): Partial<TaskExecution> | undefined => {
  const attempt = ordinalOf(data["attempt"]) ?? 1
  switch (event.type) {
    case "execution.started":
    case "retry.attempted":
      return { ...claims(event, "running"), ...retryAt(event, null), startedAt: event.occurredAt, attempt }
    case "execution.succeeded":
      return { ...claims(event, "completed"), attempt }
    case "execution.failed":
      return data["willRetry"] === true
        ? { ...claims(event, "waiting", { message: messageOf(data["error"]) }), attempt }
        : { ...claims(event, "failed", { error: data["error"] }), attempt }
    case "retry.scheduled": {
      const at = payloadInstant(data["retryAt"])
      const message = at === null ? `retry ${attempt}` : `retry ${attempt} at ${shownInstant(at)}`
      return { ...claims(event, "waiting", { message }), ...retryAt(event, at) }
    }
    case "retry.exhausted":
      return claims(event, "failed", { error: data["lastError"] })
    case "alarm.cancelled":
      return data["kind"] === "retry" ? { ...claims(event, "cancelled"), ...retryAt(event, null) } : undefined
    case "pool.item.enqueued":
      return {}
    case "pool.item.cancelled":
      return claims(event, "cancelled")
    default:
      return undefined
  }
}

/** The state change of the execution that an event reports. */
const transition = (event: TrackedEvent, data: JsonObject) => {
  switch (event.type) {
    case "execution.started":
      return (ordinalOf(data["attempt"]) ?? 1) === 1 ? ["pending", "running"] as const : undefined
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

/**
 * Projects an incarnation of a job instance as a plan, an execution with all its attempts as a task, and the definition
 * as the agent.
 */
export const projectJobEvent = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  const { planId } = event
  if (!knownTypes.has(event.type) || planId === null) return
  const data = isJsonObject(event.data) ? event.data : {}
  const jobType = textOr(event.attributes["jobType"], "")
  const jobName = textOr(event.attributes["jobName"], "")
  const parent = event.attributes["parentIncarnationId"]
  const handler = typeof data["handler"] === "string" ? data["handler"] : undefined
  const run = {
    jobName,
    jobType,
    agent: jobName,
    goal: `${jobType}.${jobName}`,
    parentPlanId: typeof parent === "string" ? parent : null
  }
  const change = {
    isStart: isStart(event.type),
    plan: planChange(event, data),
    task: taskChange(event, data),
    transition: transition(event, data),
    reason: event.type === "execution.failed"
      ? messageOf(data["error"])
      : typeof data["reason"] === "string"
      ? data["reason"]
      : null
  }
  const origin = handler === undefined
    ? { rank: originRank.execution, eventType: run.goal }
    : { rank: originRank.request, eventType: `${run.goal}.${handler}` }
  projectRun(event, planId, run, change, origin, reception, into)
}
