import { dataField, envelopeAttribute } from "./envelopeAttributes.ts"
import { optionalIdentifier, requiredIdentifier, requiredInstant } from "./fields.ts"
import { identifierFault } from "./identifier.ts"
import type { TrackedEvent } from "./IncomingEvent.ts"
import { isJsonObject, type JsonObject } from "./json.ts"
import { busShape } from "./knownShapes.ts"
import { Rejection } from "./Rejected.ts"

export type ReadFields = Omit<TrackedEvent, "attributes" | "data">

const dataOf = (event: JsonObject, isKnown: boolean): JsonObject => {
  const data = envelopeAttribute(event, "data")
  if (isJsonObject(data)) return data
  if (data === undefined || !isKnown) return {}
  throw new Rejection("invalid_payload", "data is not an object")
}

/** An id from `data`: it must be valid in a known event, while free-form data may contain anything. */
const dataIdentifier = (data: JsonObject, name: string, isKnown: boolean): string | null => {
  const value = dataField(data, name)
  if (isKnown) return optionalIdentifier(`data.${name}`, value)
  return typeof value === "string" && identifierFault(value) === undefined ? value : null
}

const furtherIds = ["assigned_to", "delegation_group_id", "group_id", "parent_task_id", "parent_plan_id"]

/** Reads a bus envelope: CloudEvents attributes around `data`. */
export const readEnvelope = (event: JsonObject): ReadFields => {
  const attribute = (name: Parameters<typeof envelopeAttribute>[1]) =>
    optionalIdentifier(name, envelopeAttribute(event, name))
  const eventId = requiredIdentifier("id", envelopeAttribute(event, "id"), "invalid_id")
  const type = requiredIdentifier("type", event["type"], "invalid_type")
  const occurredAt = requiredInstant("time", envelopeAttribute(event, "time"))
  const topic = attribute("topic") ?? "system-events"
  const check = busShape(topic, type)
  const isKnown = check !== undefined
  const data = dataOf(event, isKnown)
  const misfit = check?.(data)
  if (misfit !== undefined) throw new Rejection("invalid_payload", `data of ${type}: ${misfit}`)
  if (isKnown) {
    for (const name of furtherIds) optionalIdentifier(`data.${name}`, dataField(data, name))
  }
  const isAction = topic === "action-requests" || topic === "action-results"
  const correlationId = attribute("correlation_id")
  const actionId = dataIdentifier(data, "action_id", isKnown)
  const planId = dataIdentifier(data, "plan_id", isKnown) ?? attribute("plan_id")
  return {
    eventId,
    type,
    occurredAt,
    form: "envelope",
    topic,
    source: attribute("source"),
    traceId: attribute("trace_id"),
    parentEventId: attribute("parent_event_id"),
    correlationId,
    // A result may name any plan; only requests and progress events determine which plan a task belongs to.
    planId: topic === "action-results" ? null : planId,
    taskId: isAction ? actionId ?? correlationId ?? eventId : actionId ?? dataIdentifier(data, "task_id", isKnown),
    sessionId: dataIdentifier(data, "session_id", isKnown) ?? attribute("session_id"),
    sequence: 0
  }
}
