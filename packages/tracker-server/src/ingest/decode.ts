import { jobHeader } from "@durable-effect/core"
import { Buffer } from "node:buffer"
import { bodyHash } from "./bodyHash.ts"
import { envelopeAttribute } from "./envelopeAttributes.ts"
import { identifierFault } from "./identifier.ts"
import type { EventForm, IncomingEvent } from "./IncomingEvent.ts"
import { examine, isJsonObject, type JsonObject, keptJson, mayBeUnclean, repaired } from "./json.ts"
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
const parts = (form: EventForm, event: JsonObject): Pick<IncomingEvent, "attributes" | "data"> => {
  if (form === "envelope") {
    const { data, ...attributes } = event
    return { attributes, data: data ?? {} }
  }
  const names = aroundPayload[form]
  const attributes: Record<string, unknown> = {}
  const data: Record<string, unknown> = {}
  for (const name of Object.keys(event)) {
    // Plain assignment would set the prototype.
    if (name === "__proto__") Object.defineProperty(data, name, { value: event[name], enumerable: true })
    else if (names.has(name)) attributes[name] = event[name]
    else data[name] = event[name]
  }
  return { attributes, data }
}

type Content = Pick<IncomingEvent, "attributes" | "attributesJson" | "data" | "dataJson"> & {
  readonly event: JsonObject
}

const contentOf = (form: EventForm, event: JsonObject): Content => {
  const { attributes, data } = parts(form, event)
  return { event, attributes, attributesJson: JSON.stringify(attributes), data, dataJson: JSON.stringify(data) }
}

/** What is stored of an event: as sent, but for text that cannot be stored. */
const storable = (form: EventForm, event: JsonObject): Content => {
  const sent = contentOf(form, event)
  return mayBeUnclean(sent.attributesJson) || mayBeUnclean(sent.dataJson) ? contentOf(form, repaired(event)) : sent
}

const findingDetail = {
  too_deep: `the event is nested deeper than ${maxDepth} objects and arrays`,
  invalid_number: "the event holds a number outside the range of a double"
}

const decoded = (value: unknown): IncomingEvent => {
  if (!isJsonObject(value)) throw new Rejection("not_an_object", "an event is a JSON object")
  const finding = examine(value, maxDepth)
  if (finding !== undefined) throw new Rejection(finding, findingDetail[finding])
  const form = formOf(value)
  // Ids and types are read unmodified: a NUL in them is an error and is not repaired.
  const fields = read[form](value)
  const { attributes, attributesJson, data, dataJson, event } = storable(form, value)
  const bytes = Buffer.byteLength(attributesJson) + Buffer.byteLength(dataJson)
  if (bytes > maxEventBytes) {
    throw new Rejection(
      "too_large",
      `the event has ${bytes} bytes, more than ${maxEventBytes}: leave out what is large`
    )
  }
  return {
    ...fields,
    attributes,
    attributesJson,
    data,
    dataJson,
    bytes,
    hash: bodyHash(form, event)
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
