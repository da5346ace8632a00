import { Schema, Tuple } from "effect"
import { lenient, ownJobFields, type Topic } from "./define.ts"
import { origin } from "./header.ts"
import { JobEvent } from "./JobEvent.ts"
import { ActionRequest, ActionResult, SystemEvent } from "./TaskEvent.ts"

/**
 * What every event has: a name, a de-duplication id and a timestamp. Job events call the latter two `eventId` and
 * `timestamp`, bus envelopes `id` and `time`.
 */
export type BaseTrackingEvent =
  & { readonly type: string }
  & (
    | { readonly eventId: string; readonly timestamp: string }
    | { readonly id: string; readonly time: string; readonly topic?: string }
  )

/** Every event, as an emitter creates it. */
export const TrackingEvent = Schema.Union([...JobEvent.members, ...SystemEvent.members, ActionRequest, ActionResult])
export type TrackingEvent = typeof TrackingEvent.Type

/** Every event in its wire form: with the origin that the tracker adds. */
export const TrackingEventWire = TrackingEvent.mapMembers(Tuple.map(Schema.fieldsAssign(origin)))
export type TrackingEventWire = typeof TrackingEventWire.Type

/** One event type of the vocabulary. */
export interface CatalogueEntry {
  /** The event type; `*` where users choose their own. */
  readonly type: string
  /** The bus topic; `undefined` for job events, which are sent without an envelope. */
  readonly topic: Topic | undefined
  readonly description: string
  /** The strict shape that emitters of this version produce. */
  readonly schema: Schema.ConstraintCodec<unknown> & { readonly fields: Schema.Struct.Fields }
  /**
   * What a server requires of the event's own fields (in `data` for bus events): any field that is present is valid.
   * Older and newer emitters may omit fields and add others.
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

/** The whole vocabulary, in documentation order. */
export const catalogue: ReadonlyArray<CatalogueEntry> = [...jobEntries, ...systemEntries, ...actionEntries]

/** JSON Schema (draft 2020-12) of every event in its wire form. */
export const trackingEventJsonSchema = () => Schema.toJsonSchemaDocument(TrackingEventWire)
