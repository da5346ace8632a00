import type { JobEvent } from "@durable-effect/core"
import { instanceIdOf, type InstanceRecord } from "../engine/InstanceRecord.ts"
import { messageText, payload, type Redact } from "./payload.ts"

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
 * What a service says about an event; who, when and where in the order is added in one place. An error in it is as
 * `errorPayload` has made it where the attempt failed: some come from the storage, and none is to be redacted twice.
 */
export type JobEventDraft = DraftOf<JobEvent>

const userFields = ["input", "event", "preExecutionState", "finalState"] as const

/** What of the draft is shown otherwise than it is. */
const shownOf = (draft: JobEventDraft, redact: Redact): Readonly<Record<string, unknown>> => {
  const given: Readonly<Record<string, unknown>> = draft
  const shown: Record<string, unknown> = {}
  for (const field of userFields) {
    // What is undefined now has no place in JSON; taken out of here, it would come back with the draft.
    if (field in given) shown[field] = payload(field, given[field], redact)
  }
  if (typeof given["reason"] === "string") shown["reason"] = messageText(given["reason"])
  return shown
}

/** Builds the whole event. */
export const jobEventFor = (
  record: InstanceRecord,
  stamp: { readonly eventId: string; readonly timestamp: string; readonly sequence: number },
  draft: JobEventDraft,
  redact: Redact
): JobEvent => ({
  eventId: stamp.eventId,
  timestamp: stamp.timestamp,
  source: "job",
  instanceId: instanceIdOf(record),
  id: record.id,
  jobType: record.jobType,
  jobName: record.jobName,
  incarnationId: record.incarnationId,
  sequence: stamp.sequence,
  traceId: record.traceId,
  ...(record.parentIncarnationId === undefined ? {} : { parentIncarnationId: record.parentIncarnationId }),
  ...draft,
  ...shownOf(draft, redact)
})
