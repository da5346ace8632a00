import { isJsonObject, type JsonObject } from "./json.ts"

/** Which vocabulary an event speaks: `events.md` names the rule. */
export type EventForm = "job" | "envelope" | "workflow"

/** An event as it is understood and kept: what the timeline has of it. */
export interface TrackedEvent {
  readonly eventId: string
  readonly type: string
  /** UTC with six decimals, so that instants compare as their texts do. */
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
  /** Order within the incarnation, 0 where the emitter gives none. */
  readonly sequence: number
  /** Has the fields around the payload, as given: of a job event the base fields, of an envelope all but `data`. */
  readonly attributes: JsonObject
  /** Has the payload: of a job event all other fields, of an envelope its `data`. */
  readonly data: unknown
}

/** An event on its way into the store. */
export interface IncomingEvent extends TrackedEvent {
  readonly attributesJson: string
  readonly dataJson: string
  /** Bytes of UTF-8 of the two. */
  readonly bytes: number
  /** SHA-256 of what the event says, whoever sent it and by which door. */
  readonly hash: Uint8Array
}

/** All fields of an event, those of its payload among them; an envelope has its payload in `data`. */
export const givenEvent = ({ attributes, data, form }: TrackedEvent): JsonObject =>
  form !== "envelope" ? { ...attributes, ...(isJsonObject(data) ? data : {}) } : { ...attributes, data }

const inOrder = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.keys(object).sort().map((name) => [name, object[name]]))

/** The event as text for safe-keeping, the same in whatever order its fields came. */
export const eventText = ({ attributes, data, form }: TrackedEvent): string =>
  JSON.stringify(
    form !== "envelope"
      ? { ...inOrder(attributes), ...(isJsonObject(data) ? inOrder(data) : {}) }
      : { ...inOrder(attributes), data }
  )
