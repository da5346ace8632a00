import { Effect } from "effect"
import { nextEventId } from "./EventIds.ts"
import type { JobEvent } from "./JobEvent.ts"
import type { SystemEvent } from "./TaskEvent.ts"

/** The base fields of a job event that the emitter supplies; the id and the timestamp are generated. */
export type JobBase = Omit<JobEvent, "eventId" | "timestamp" | "source" | "type">

/** The base fields of a job event, with a new `eventId` and the current `timestamp`. */
export const createJobBaseEvent = (base: JobBase) =>
  Effect.map(nextEventId, (made) => ({ ...made, source: "job" as const, ...base }))

type Data<T extends SystemEvent["type"]> = Extract<SystemEvent, { readonly type: T }>["data"]

/**
 * An event on the topic `system-events`, ready for `emitEvent`, with a new `id` and the current `time`.
 * @param source the agent or service that reports the event
 */
export const createTaskEvent = <const T extends SystemEvent["type"]>(
  type: T,
  source: string,
  data: Data<T>,
  attributes: { readonly trace_id?: string; readonly parent_event_id?: string; readonly session_id?: string } = {}
) =>
  Effect.map(nextEventId, ({ eventId, timestamp }) => ({
    id: eventId,
    source,
    specversion: "1.0" as const,
    type,
    time: timestamp,
    topic: "system-events" as const,
    ...attributes,
    data
  }))
