import { JobType } from "@durable-effect/core"
import { Schema } from "effect"
import {
  composedIdentifier,
  firstIdentifier,
  optionalIdentifier,
  requiredIdentifier,
  requiredInstant
} from "./fields.ts"
import type { JsonObject } from "./json.ts"
import { jobShape } from "./knownShapes.ts"
import type { ReadFields } from "./readEnvelope.ts"
import { Rejection } from "./Rejected.ts"

const isJobType = Schema.is(JobType)

const sequenceOf = (event: JsonObject, isKnown: boolean): number => {
  const sequence = event["sequence"]
  if (typeof sequence === "number" && Number.isSafeInteger(sequence) && sequence >= 0) return sequence
  if (isKnown && sequence !== undefined && sequence !== null) {
    throw new Rejection("invalid_payload", "sequence is not a whole number from 0 to 2^53 - 1")
  }
  return 0
}

const checkKnown = (type: string, event: JsonObject): boolean => {
  const check = jobShape(type)
  if (check === undefined) return false
  requiredIdentifier("instanceId", event["instanceId"], "invalid_id")
  requiredIdentifier("jobName", event["jobName"], "invalid_id")
  const jobType = requiredIdentifier("jobType", event["jobType"], "invalid_payload")
  if (!isJobType(jobType)) {
    throw new Rejection("invalid_payload", `jobType is none of ${JobType.literals.join(", ")}`)
  }
  // Before incarnations existed, `job.failed` described one attempt and could say `willRetry: true`.
  const isEarlier = typeof event["incarnationId"] !== "string" && type === "job.failed"
  const misfit = isEarlier ? undefined : check(event)
  if (misfit !== undefined) throw new Rejection("invalid_payload", `${type}: ${misfit}`)
  return true
}

const isAttempt = (type: string) => type === "job.executed" || type === "job.failed"

/** The execution id for emitters without `executionId`: one per run, or the event alone if runs are not counted. */
const earlierExecution = (event: JsonObject, instanceId: string, eventId: string, type: string): string | null => {
  const runCount = event["runCount"]
  const run = typeof runCount === "number" && Number.isSafeInteger(runCount) ? runCount : isAttempt(type) ? 0 : null
  return run === null ? null : composedIdentifier(`${instanceId}:${run > 0 ? `r${run}` : eventId}`)
}

/** Reads a job event, of a known type or not, or any other event without an envelope. */
export const readJobEvent = (event: JsonObject): ReadFields => {
  const eventId = requiredIdentifier("eventId", event["eventId"], "invalid_id")
  const type = requiredIdentifier("type", event["type"], "invalid_type")
  const occurredAt = requiredInstant("timestamp", event["timestamp"])
  const isKnown = checkKnown(type, event)
  const incarnationId = optionalIdentifier("incarnationId", event["incarnationId"])
  optionalIdentifier("parentIncarnationId", event["parentIncarnationId"])
  const instanceId = optionalIdentifier("instanceId", event["instanceId"])
  const executionId = optionalIdentifier("executionId", event["executionId"]) ??
    (incarnationId === null && instanceId !== null ? earlierExecution(event, instanceId, eventId, type) : null)
  return {
    eventId,
    type,
    occurredAt,
    form: "job",
    topic: "system-events",
    source: firstIdentifier(event, "source"),
    traceId: optionalIdentifier("traceId", event["traceId"]),
    parentEventId: optionalIdentifier("parentEventId", event["parentEventId"]),
    correlationId: executionId,
    planId: incarnationId ?? instanceId,
    taskId: executionId,
    sessionId: instanceId,
    sequence: sequenceOf(event, isKnown)
  }
}

/** Reads a workflow event, limited to the base fields that identify its origin. */
export const readWorkflowEvent = (event: JsonObject): ReadFields => {
  const eventId = requiredIdentifier("eventId", event["eventId"], "invalid_id")
  const type = requiredIdentifier("type", event["type"], "invalid_type")
  const occurredAt = requiredInstant("timestamp", event["timestamp"])
  const workflowId = requiredIdentifier("workflowId", event["workflowId"], "invalid_id")
  const stepName = optionalIdentifier("stepName", event["stepName"])
  return {
    eventId,
    type,
    occurredAt,
    form: "workflow",
    topic: "system-events",
    source: firstIdentifier(event, "source"),
    traceId: optionalIdentifier("traceId", event["traceId"]),
    parentEventId: optionalIdentifier("parentEventId", event["parentEventId"]),
    correlationId: null,
    planId: workflowId,
    taskId: stepName === null ? null : composedIdentifier(`${workflowId}:${stepName}`),
    sessionId: null,
    sequence: sequenceOf(event, false)
  }
}
