import type { JobEvent } from "@durable-effect/core"
import { instanceIdOf, type InstanceRecord } from "../engine/InstanceRecord.ts"
import { errorPayload, messageText, payload, type Redact } from "./payload.ts"

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

/** What a service says about an event; who, when and where in the order is added in one place. */
export type JobEventDraft = DraftOf<JobEvent>

const userFields = ["input", "event", "preExecutionState", "finalState"] as const

const withPayloads = (draft: JobEventDraft, redact: Redact): JobEventDraft => {
  const shown: Record<string, unknown> = { ...draft }
  for (const field of userFields) {
    // What is undefined now has no place in JSON; taken out of here, it would come back with the draft.
    if (field in shown) shown[field] = payload(field, shown[field], redact)
  }
  const reason = shown["reason"]
  if (typeof reason === "string") shown["reason"] = messageText(reason)
  return {
    ...draft,
    ...shown,
    ...("error" in draft ? { error: errorPayload(draft.error, redact) } : {}),
    ...("lastError" in draft ? { lastError: errorPayload(draft.lastError, redact) } : {})
  }
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
  ...withPayloads(draft, redact)
})
