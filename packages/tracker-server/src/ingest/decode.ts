import { jobHeader } from "@durable-effect/core"
import { Buffer } from "node:buffer"
import { bodyHash } from "./bodyHash.ts"
import { envelopeAttribute } from "./envelopeAttributes.ts"
import { identifierFault } from "./identifier.ts"
import type { EventForm, IncomingEvent } from "./IncomingEvent.ts"
import { examine, isJsonObject, type JsonObject, keptJson, repaired } from "./json.ts"
import { maxDepth, maxEventBytes } from "./limits.ts"
import { readEnvelope } from "./readEnvelope.ts"
import { readJobEvent, readWorkflowEvent } from "./readJobEvent.ts"
import { type Rejected, Rejection } from "./Rejected.ts"

/** The result of decoding one value of a request. */
export type Decoded =
  | { readonly _tag: "Event"; readonly event: IncomingEvent }
  | { readonly _tag: "Rejected"; readonly rejected: Rejected }

const isIn = (event: JsonObject, name: string) => Object.hasOwn(event, name)

/** Decided by the fields rather than the type's name: `retry.scheduled` exists in two vocabularies. */
const formOf = (event: JsonObject): EventForm =>
  isIn(event, "data") || isIn(event, "topic") || isIn(event, "specversion")
    ? "envelope"
    : isIn(event, "workflowId")
    ? "workflow"
    : "job"

const read = { job: readJobEvent, envelope: readEnvelope, workflow: readWorkflowEvent }

const baseFields: ReadonlySet<string> = new Set([...Object.keys(jobHeader), "type"])
const workflowFields: ReadonlySet<string> = new Set([
  "eventId",
  "timestamp",
  "type",
  "source",
  "sequence",
  "traceId",
  "parentEventId"
])

const aroundPayload = { job: baseFields, workflow: workflowFields }

/** The fields around an event's payload, and the payload. */
const parts = (form: EventForm, event: JsonObject): readonly [around: JsonObject, payload: unknown] => {
  if (form === "envelope") {
    const { data, ...around } = event
    return [around, data ?? {}]
  }
  const names = aroundPayload[form]
  const around: Record<string, unknown> = {}
  const payload: Record<string, unknown> = {}
  for (const name of Object.keys(event)) {
    // Plain assignment would set the prototype.
    if (name === "__proto__") Object.defineProperty(payload, name, { value: event[name], enumerable: true })
    else if (names.has(name)) around[name] = event[name]
    else payload[name] = event[name]
  }
  return [around, payload]
}

const findingDetail = {
  too_deep: `the event is nested deeper than ${maxDepth} objects and arrays`,
  invalid_number: "the event holds a number outside the range of a double"
}

const decoded = (value: unknown): IncomingEvent => {
  if (!isJsonObject(value)) throw new Rejection("not_an_object", "an event is a JSON object")
  const finding = examine(value, maxDepth)
  if (finding === "too_deep" || finding === "invalid_number") throw new Rejection(finding, findingDetail[finding])
  const form = formOf(value)
  // Ids and types are read unmodified: a NUL in them is an error and is not repaired.
  const fields = read[form](value)
  const clean = finding === "needsRepair" ? repaired(value) : value
  const given = isJsonObject(clean) ? clean : value
  const [around, payload] = parts(form, given)
  const attributesJson = JSON.stringify(around)
  const dataJson = JSON.stringify(payload)
  const bytes = Buffer.byteLength(attributesJson) + Buffer.byteLength(dataJson)
  if (bytes > maxEventBytes) {
    throw new Rejection(
      "too_large",
      `the event has ${bytes} bytes, more than ${maxEventBytes}: leave out what is large`
    )
  }
  return {
    ...fields,
    attributes: around,
    attributesJson,
    data: payload,
    dataJson,
    bytes,
    hash: bodyHash(form, given)
  }
}

const givenId = (value: unknown): string | null => {
  if (!isJsonObject(value)) return null
  const id = formOf(value) === "envelope" ? envelopeAttribute(value, "id") : value["eventId"]
  return typeof id === "string" && identifierFault(id) === undefined ? id : null
}

/** Decodes one value of a request into an event ready to be stored, or the reason it is rejected. Never throws. */
export const decode = (value: unknown): Decoded => {
  try {
    return { _tag: "Event", event: decoded(value) }
  } catch (rejection) {
    if (!(rejection instanceof Rejection)) throw rejection
    const { code, detail } = rejection
    return { _tag: "Rejected", rejected: { eventId: givenId(value), code, detail, body: keptJson(value) ?? null } }
  }
}
