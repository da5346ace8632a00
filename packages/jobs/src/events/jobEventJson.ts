import type { JobEvent } from "@durable-effect/core"
import { instanceIdOf, type InstanceRecord } from "../engine/InstanceRecord.ts"
import { messageText, payloadJson, type Redact } from "./payload.ts"

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

/** The draft of any event with all user-supplied fields. */
type DraftFields =
  & { readonly type: JobEvent["type"]; readonly reason?: unknown }
  & {
    readonly [Field in typeof userFields[number]]?: unknown
  }

const userFields = ["input", "event", "preExecutionState", "finalState"] as const

/** The fields common to all events of an incarnation, as JSON without the braces. */
const commonJson = (record: InstanceRecord): string =>
  JSON.stringify({
    source: "job",
    instanceId: instanceIdOf(record),
    id: record.id,
    jobType: record.jobType,
    jobName: record.jobName,
    incarnationId: record.incarnationId,
    traceId: record.traceId,
    parentIncarnationId: record.parentIncarnationId
  }).slice(1, -1)

type Common = Pick<InstanceRecord, "id" | "jobType" | "jobName" | "incarnationId" | "traceId">

const isOf = (common: Common, record: Common): boolean =>
  common.incarnationId === record.incarnationId && common.id === record.id && common.jobName === record.jobName &&
  common.jobType === record.jobType && common.traceId === record.traceId

let last: { readonly record: Common; readonly json: string } | undefined

/** Cached for the last instance: its events come several at a time. */
const commonOf = (record: InstanceRecord): string => {
  if (last === undefined || !isOf(last.record, record)) last = { record, json: commonJson(record) }
  return last.json
}

const usersNone = { event: undefined, finalState: undefined, input: undefined, preExecutionState: undefined }

/** The draft's own fields, as JSON without the braces; user-supplied fields as they are shown. */
const ownJson = (draft: JobEventDraft, redact: Redact): string => {
  const given: DraftFields = draft
  const told = typeof given.reason === "string" ? { ...draft, reason: messageText(given.reason) } : draft
  const fields = userFields.filter((field) => given[field] !== undefined)
  if (fields.length === 0) return JSON.stringify(told).slice(1, -1)
  // JSON has no `undefined`.
  let json = JSON.stringify({ ...told, ...usersNone }).slice(1, -1)
  for (const field of fields) {
    const shown = payloadJson(field, given[field], redact)
    if (shown !== undefined) json += `,"${field}":${shown}`
  }
  return json
}

/** Builds the whole event as JSON: common parts, and user-supplied ones, are serialized only once. */
export const jobEventJson = (
  record: InstanceRecord,
  { eventId, sequence, timestamp }: { readonly eventId: string; readonly timestamp: string; readonly sequence: number },
  draft: JobEventDraft,
  redact: Redact
): string =>
  `{"eventId":"${eventId}","timestamp":"${timestamp}","sequence":${sequence},${commonOf(record)},${
    ownJson(draft, redact)
  }}`
