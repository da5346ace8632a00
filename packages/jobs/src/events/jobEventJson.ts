import type { JobEvent } from "@durable-effect/core"
import { instanceIdOf, type InstanceRecord } from "../engine/InstanceRecord.ts"
import { maxMessageLength, messageText, payloadJson, type Redact, unredacted } from "./payload.ts"

type Stamped =
  | "eventId"
  | "timestamp"
  | "source"
  | "instanceId"
  | "id"
  | "jobType"
  | "jobName"
  | "incarnationId"
  | "sequence"
  | "traceId"
  | "parentIncarnationId"

type DraftOf<E> = E extends JobEvent ? Omit<E, Stamped> : never

/**
 * What a service states about an event; who, when and its place in the order are added centrally. An error in it is as
 * made by `errorPayload` where the attempt failed: some come from the storage, and none may be redacted twice.
 */
export type JobEventDraft = DraftOf<JobEvent>

/** The fields that users supply, which are redacted and limited in size. */
const userFields: ReadonlySet<string> = new Set(["input", "event", "preExecutionState", "finalState"])

/** Nothing in it has to be escaped. */
const plain = /^[\w:.-]*$/

const textJson = (text: string): string => plain.test(text) ? `"${text}"` : JSON.stringify(text)

/** One field as JSON; undefined to leave it out. */
const fieldJson = (field: string, value: unknown, redact: Redact): string | undefined => {
  if (value === undefined) return undefined
  if (userFields.has(field)) return payloadJson(field, value, redact)
  if (typeof value === "string") return textJson(field === "reason" ? messageText(value) : value)
  // Most fields; JSON writes them the same.
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return `${value}`
  return JSON.stringify(value)
}

/** As JSON without the braces. */
const commonJson = (record: InstanceRecord): string => {
  const { id, incarnationId, jobName, jobType, parentIncarnationId, traceId } = record
  const parent = parentIncarnationId === undefined ? "" : `,"parentIncarnationId":${textJson(parentIncarnationId)}`
  return `"source":"job","instanceId":${textJson(instanceIdOf(record))},"id":${textJson(id)},"jobType":"${jobType}",` +
    `"jobName":${textJson(jobName)},"incarnationId":"${incarnationId}","traceId":"${traceId}"${parent}`
}

type Common = Pick<InstanceRecord, "id" | "jobType" | "jobName" | "incarnationId" | "traceId">

const isOf = (common: Common, record: Common): boolean =>
  common.incarnationId === record.incarnationId && common.id === record.id && common.jobName === record.jobName &&
  common.jobType === record.jobType && common.traceId === record.traceId

let last: { readonly record: Common; readonly json: string } | undefined

/** What all events of an incarnation share. Cached for the last one: its events come several at a time. */
export const commonPart = (record: InstanceRecord): string => {
  if (last === undefined || !isOf(last.record, record)) last = { record, json: commonJson(record) }
  return last.json
}

/** Field by field, as each may have to be redacted or shortened. */
const shownJson = (draft: JobEventDraft, redact: Redact): string => {
  const given: Readonly<Record<string, unknown>> = draft
  let json = "{"
  for (const field of Object.keys(given)) {
    const shown = fieldJson(field, given[field], redact)
    if (shown !== undefined) json += `${json === "{" ? "" : ","}"${field}":${shown}`
  }
  return `${json}}`
}

/** Undefined if user data cannot be serialized. */
const plainJson = (draft: JobEventDraft): string | undefined => {
  try {
    return JSON.stringify(draft)
  } catch {
    return undefined
  }
}

/** The draft's own fields as a JSON object; user-supplied fields as they are shown. */
const ownJson = (draft: JobEventDraft, redact: Redact): string => {
  // Usually nothing is redacted, and where all fields together are short, each is: then one call writes the same.
  const json = redact === unredacted ? plainJson(draft) : undefined
  return json !== undefined && json.length <= maxMessageLength ? json : shownJson(draft, redact)
}

/** What stands around the common part of an event: both are JSON without the outer brace. */
export interface AroundCommon {
  readonly head: string
  readonly own: string
}

/** Builds an event as JSON, without its common part: user data is serialized only once. */
export const jobEventJson = (
  { eventId, sequence, timestamp }: { readonly eventId: string; readonly timestamp: string; readonly sequence: number },
  draft: JobEventDraft,
  redact: Redact
): AroundCommon => ({
  head: `{"eventId":"${eventId}","timestamp":"${timestamp}","sequence":${sequence},`,
  own: `,${ownJson(draft, redact).slice(1)}`
})
