import type { TaskState } from "@durable-effect/core"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { isJsonObject, type JsonObject } from "../ingest/json.ts"
import { planEnd } from "./claims.ts"
import type { FactSet } from "./Facts.ts"
import { instantBefore, payloadInstant } from "./instant.ts"
import { originRank } from "./mentions.ts"
import { countOf, identifierOf, messageOf, ordinalOf } from "./payload.ts"
import type { Reception } from "./Reception.ts"
import { claims, collected, inState, nextRunAt, projectRun, type RunChange, wasDueAt } from "./runs.ts"

/**
 * The outcome of one attempt. It is the only event about the run, so the task started at least its duration earlier.
 */
const attempted = (event: TrackedEvent, data: JsonObject, to: TaskState): RunChange => {
  const startedAt = instantBefore(event.occurredAt, data["durationMs"])
  const error = to === "failed" ? { error: data["error"] } : {}
  return {
    // What is scheduled while it runs is still due after it.
    plan: wasDueAt(event, startedAt),
    task: {
      ...claims(event, to, { ...error, message: to === "waiting" ? messageOf(data["error"]) : null }),
      startedAt,
      attempt: ordinalOf(data["attempt"])
    },
    transition: ["running", to],
    reason: to === "completed" ? null : messageOf(data["error"])
  }
}

type Change = (event: TrackedEvent, data: JsonObject) => RunChange

const changes: ReadonlyMap<string, Change> = new Map<string, Change>([
  ["job.executed", (event, data) => {
    const outcome = attempted(event, data, "completed")
    return { ...outcome, plan: { ...outcome.plan, ...inState(event, "idle") } }
  }],
  ["job.failed", (event, data) => {
    if (data["willRetry"] !== true) return attempted(event, data, "failed")
    const outcome = attempted(event, data, "waiting")
    return { ...outcome, plan: { ...outcome.plan, ...inState(event, "retrying") } }
  }],
  ["job.retryExhausted", (event, data) => ({
    plan: {
      ...inState(event, "failed"),
      end: planEnd(event, "failed", { error: data["lastError"] ?? data["error"] })
    }
  })],
  ["debounce.started", (event, data) => ({
    isStart: true,
    plan: { ...inState(event, "collecting"), ...nextRunAt(event, payloadInstant(data["flushAt"])) }
  })],
  ["debounce.flushed", (event, data) => ({
    plan: {
      ...inState(event, "completed"),
      ...nextRunAt(event, null),
      ...collected(event, countOf(data["eventCount"])),
      end: planEnd(event, "completed")
    }
  })],
  ["task.scheduled", (event, data) => ({
    plan: {
      ...inState(event, "scheduled"),
      ...nextRunAt(event, payloadInstant(data["scheduledAt"] ?? data["scheduledFor"] ?? data["runAt"]))
    }
  })]
])

/**
 * Whether the emitter predates incarnations, and the event's type is one that later emitters do not use or, as with
 * `job.failed`, use differently. Types common to both mean the same.
 */
export const isEarlierEvent = ({ attributes, type }: TrackedEvent): boolean =>
  typeof attributes["incarnationId"] !== "string" && changes.has(type)

/** Projects the instance, standing for all its incarnations, as the plan; a run with all its attempts as a task. */
export const projectEarlierEvent = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  const { attributes, planId } = event
  const change = changes.get(event.type)
  if (planId === null || change === undefined) return
  const jobType = identifierOf(attributes["jobType"])
  const jobName = identifierOf(attributes["jobName"])
  const goal = jobType === null || jobName === null ? jobName : `${jobType}.${jobName}`
  projectRun(
    event,
    planId,
    { jobName, jobType, agent: jobName, goal, parentPlanId: null },
    change(event, isJsonObject(event.data) ? event.data : {}),
    { rank: originRank.execution, eventType: goal ?? event.type },
    reception,
    into
  )
}
