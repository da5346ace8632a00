import { givenEvent, type TrackedEvent } from "../ingest/IncomingEvent.ts"
import type { JsonObject } from "../ingest/json.ts"
import { planEnd } from "./claims.ts"
import { type Fact, factKey } from "./Fact.ts"
import type { FactSet } from "./Facts.ts"
import { payloadInstant, shownInstant } from "./instant.ts"
import { originRank } from "./mentions.ts"
import { identifierOf, messageOf, ordinalOf } from "./payload.ts"
import type { Reception } from "./Reception.ts"
import { claims, inState, isPaused, nextRunAt, projectRun, retryAt, type RunChange } from "./runs.ts"

type Change = (event: TrackedEvent, data: JsonObject) => RunChange

/** When the workflow resumes, if the event says so. */
const resumesAt = (event: TrackedEvent, data: JsonObject) => {
  const at = payloadInstant(data["resumeAt"])
  return at === null ? {} : nextRunAt(event, at)
}

const deadline = (event: TrackedEvent, value: string | null): { readonly deadline: Fact<string | null> } => ({
  deadline: { key: factKey(event, "1"), value }
})

const stepFailed: Change = (event, data) => {
  const attempt = ordinalOf(data["attempt"])
  const reason = messageOf(data["error"])
  return data["willRetry"] === true
    ? {
      plan: inState(event, "retrying"),
      task: { ...claims(event, "waiting", { message: reason }), ...deadline(event, null), attempt },
      transition: ["running", "waiting"],
      reason
    }
    : {
      task: { ...claims(event, "failed", { error: data["error"] }), ...deadline(event, null), attempt },
      transition: ["running", "failed"],
      reason
    }
}

const retryScheduled: Change = (event, data) => {
  const failed = ordinalOf(data["attempt"])
  const at = payloadInstant(data["nextAttemptAt"] ?? data["retryAt"])
  // Here `attempt` is the one that failed.
  const message = `retry${failed === null ? "" : ` ${failed + 1}`}${at === null ? "" : ` at ${shownInstant(at)}`}`
  return {
    plan: inState(event, "retrying"),
    task: { ...claims(event, "waiting", { message }), ...retryAt(event, at), attempt: failed }
  }
}

const changes: ReadonlyMap<string, Change> = new Map<string, Change>([
  ["workflow.queued", (event) => ({ plan: inState(event, "queued") })],
  ["workflow.started", (event) => ({ isStart: true, plan: inState(event, "running") })],
  ["workflow.paused", (event, data) => ({
    plan: { ...inState(event, "paused"), ...isPaused(event, true), ...resumesAt(event, data) }
  })],
  ["workflow.resumed", (event) => ({
    plan: { ...inState(event, "running"), ...isPaused(event, false), ...nextRunAt(event, null) }
  })],
  ["workflow.completed", (event, data) => ({
    plan: { ...inState(event, "completed"), end: planEnd(event, "completed", { result: data["result"] }) }
  })],
  ["workflow.failed", (event, data) => ({
    plan: { ...inState(event, "failed"), end: planEnd(event, "failed", { error: data["error"] }) }
  })],
  ["workflow.cancelled", (event) => ({
    plan: { ...inState(event, "cancelled"), end: planEnd(event, "cancelled") }
  })],
  ["step.started", (event, data) => ({
    plan: inState(event, "running"),
    task: {
      ...claims(event, "running"),
      ...retryAt(event, null),
      startedAt: event.occurredAt,
      attempt: ordinalOf(data["attempt"])
    },
    transition: [(ordinalOf(data["attempt"]) ?? 1) === 1 ? "pending" : "waiting", "running"]
  })],
  ["step.completed", (event, data) => ({
    task: { ...claims(event, "completed", { result: data["result"] }), attempt: ordinalOf(data["attempt"]) },
    // A replay reports again a step that was done before.
    transition: data["cached"] === true ? undefined : ["running", "completed"]
  })],
  ["step.failed", stepFailed],
  ["retry.scheduled", retryScheduled],
  ["retry.exhausted", (event, data) => ({
    task: claims(event, "failed", { error: data["lastError"] ?? data["error"] })
  })],
  ["sleep.started", (event, data) => ({ plan: { ...inState(event, "sleeping"), ...resumesAt(event, data) } })],
  ["sleep.completed", (event) => ({ plan: { ...inState(event, "running"), ...nextRunAt(event, null) } })],
  ["timeout.set", (event, data) => ({ task: deadline(event, payloadInstant(data["deadline"])) })],
  ["timeout.exceeded", (event) => ({ task: deadline(event, null) })]
])

/**
 * Projects a workflow as a plan, a step with all its attempts as a task, and the workflow's definition as the agent.
 */
export const projectWorkflowEvent = (event: TrackedEvent, reception: Reception, into: FactSet): void => {
  const change = changes.get(event.type)
  const { planId } = event
  if (planId === null || change === undefined) return
  const fields = givenEvent(event)
  const name = identifierOf(fields["workflowName"])
  const goal = name === null ? null : `workflow.${name}`
  const isBegin = event.type === "step.started"
  projectRun(
    event,
    planId,
    {
      jobName: null,
      jobType: null,
      agent: name,
      goal,
      parentPlanId: identifierOf(fields["parentWorkflowId"])
    },
    change(event, fields),
    {
      rank: isBegin ? originRank.request : originRank.execution,
      eventType: `${goal ?? "workflow"}.${identifierOf(fields["stepName"]) ?? ""}`
    },
    reception,
    into
  )
}
