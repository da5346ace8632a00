import { Schema, Tuple } from "effect"
import { lenient, ownJobFields, type Topic } from "./define.ts"
import { origin } from "./header.ts"
import { JobEvent } from "./JobEvent.ts"
import { ActionRequest, ActionResult, SystemEvent } from "./TaskEvent.ts"

/**
 * The least that every event has: a name, an id to de-duplicate by and an instant. Job events call the last two
 * `eventId` and `timestamp`, bus envelopes `id` and `time`.
 */
export type BaseTrackingEvent =
  & { readonly type: string }
  & (
    | { readonly eventId: string; readonly timestamp: string }
    | { readonly id: string; readonly time: string; readonly topic?: string }
  )

/** Every event there is, as an emitter makes it. */
export const TrackingEvent = Schema.Union([...JobEvent.members, ...SystemEvent.members, ActionRequest, ActionResult])
export type TrackingEvent = typeof TrackingEvent.Type

/** Every event there is, as it travels: with the origin that the tracker adds. */
export const TrackingEventWire = TrackingEvent.mapMembers(Tuple.map(Schema.fieldsAssign(origin)))
export type TrackingEventWire = typeof TrackingEventWire.Type

/** One line of the vocabulary. */
export interface CatalogueEntry {
  /** The event's name; `*` where the name is the user's own. */
  readonly type: string
  /** The bus topic; none for job events, which travel without an envelope. */
  readonly topic: Topic | undefined
  readonly description: string
  /** The strict shape that emitters of this version write. */
  readonly schema: Schema.ConstraintCodec<unknown> & { readonly fields: Schema.Struct.Fields }
  /**
   * What a server asks of the event's own fields, which are in `data` for bus events: those that are there fit. Older
   * and newer emitters may leave out any and add others.
   */
  readonly accepts: Schema.ConstraintDecoder<unknown> & { readonly fields: Schema.Struct.Fields }
}

const jobEntries = JobEvent.members.map((schema): CatalogueEntry => ({
  type: schema.fields.type.schema.literal,
  topic: undefined,
  description: Schema.resolveAnnotations(schema.fields.type)?.description ?? "",
  schema,
  accepts: lenient(ownJobFields(schema.fields))
}))

const systemEntries = SystemEvent.members.map((schema): CatalogueEntry => ({
  type: schema.fields.type.schema.literal,
  topic: "system-events",
  description: Schema.resolveAnnotations(schema.fields.type)?.description ?? "",
  schema,
  accepts: lenient(schema.fields.data.fields)
}))

const actionEntries = [ActionRequest, ActionResult].map((schema): CatalogueEntry => ({
  type: "*",
  topic: schema.fields.topic.schema.literal,
  description: Schema.resolveAnnotations(schema.fields.type)?.description ?? "",
  schema,
  accepts: lenient(schema.fields.data.schema.fields)
}))

/** The whole vocabulary, in the order of its documentation. */
export const catalogue: ReadonlyArray<CatalogueEntry> = [...jobEntries, ...systemEntries, ...actionEntries]

/** JSON Schema (draft 2020-12) of every event as it travels. */
export const trackingEventJsonSchema = () => Schema.toJsonSchemaDocument(TrackingEventWire)
