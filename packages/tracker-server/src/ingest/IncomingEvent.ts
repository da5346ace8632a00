import { isJsonObject, type JsonObject } from "./json.ts"

/** Which vocabulary an event uses, determined by its fields. */
export type EventForm = "job" | "envelope" | "workflow"

/** An event as understood and stored in the timeline. */
export interface TrackedEvent {
  readonly eventId: string
  readonly type: string
  /** UTC with six decimals, so that instants compare correctly as strings. */
  readonly occurredAt: string
  readonly form: EventForm
  readonly topic: string
  readonly source: string | null
  readonly traceId: string | null
  readonly parentEventId: string | null
  readonly correlationId: string | null
  readonly planId: string | null
  readonly taskId: string | null
  readonly sessionId: string | null
  /** Order within the incarnation; 0 if the emitter gives none. */
  readonly sequence: number
  /**
   * Contains the fields around the payload as received: a job event's base fields, or all of an envelope except `data`.
   */
  readonly attributes: JsonObject
  /** Contains the payload: all other fields of a job event, or an envelope's `data`. */
  readonly data: unknown
}

/** An event about to be stored. */
export interface IncomingEvent extends TrackedEvent {
  readonly attributesJson: string
  readonly dataJson: string
  /** Bytes of UTF-8 of `attributes` and `data`. */
  readonly bytes: number
  /** SHA-256 of the event's content in hexadecimal, regardless of sender and transport. */
  readonly hash: string
}

/** All fields of an event including its payload, which an envelope has in `data`. */
export const givenEvent = ({ attributes, data, form }: TrackedEvent): JsonObject =>
  form !== "envelope" ? { ...attributes, ...(isJsonObject(data) ? data : {}) } : { ...attributes, data }

const inOrder = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.keys(object).sort().map((name) => [name, object[name]]))

/** The event as text for storage, independent of the order in which its fields arrived. */
export const eventText = ({ attributes, data, form }: TrackedEvent): string =>
  JSON.stringify(
    form !== "envelope"
      ? { ...inOrder(attributes), ...(isJsonObject(data) ? inOrder(data) : {}) }
      : { ...inOrder(attributes), data }
  )
