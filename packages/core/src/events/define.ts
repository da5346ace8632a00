import { Schema, Struct } from "effect"
import { Identifier, jobHeader } from "./header.ts"
import { Instant } from "./Instant.ts"

/** Defines one job event: the base fields, its name, what it says, and its own fields. */
export const jobEvent = <const T extends string, const F extends Schema.Struct.Fields>(
  type: T,
  description: string,
  fields: F
) => Schema.Struct({ ...jobHeader, type: Schema.tag(type).annotate({ description }), ...fields })

/** The attributes of the bus envelope: CloudEvents 1.0, snake_case. */
const envelope = {
  id: Identifier.annotate({ description: "The de-duplication key; a UUIDv7 where we make it." }),
  source: Identifier.annotate({ description: "The agent or service that says it." }),
  specversion: Schema.Literal("1.0"),
  time: Instant.annotate({ description: "When it happened: RFC 3339 with a zone." }),
  correlation_id: Schema.optionalKey(
    Schema.String.annotate({ description: "The task that a request or result belongs to." })
  ),
  trace_id: Schema.optionalKey(Schema.String.annotate({ description: "The trace that the event belongs to." })),
  parent_event_id: Schema.optionalKey(Schema.String.annotate({ description: "The event that led to this one." })),
  tenant_id: Schema.optionalKey(
    Schema.String.annotate({ description: "Kept and never obeyed: the API key decides the tenant." })
  ),
  session_id: Schema.optionalKey(
    Schema.String.annotate({ description: "The conversation or run that plans belong to." })
  ),
  plan_id: Schema.optionalKey(Schema.String.annotate({ description: "The plan, where `data` does not name it." }))
}

/** Where on the bus an event travels. */
export const Topic = Schema.Literals(["system-events", "action-requests", "action-results"])
export type Topic = typeof Topic.Type

/** Defines one event of the topic `system-events`: its name, what it says and its `data`. */
export const systemEvent = <const T extends string, const F extends Schema.Struct.Fields>(
  type: T,
  description: string,
  data: F
) =>
  Schema.Struct({
    ...envelope,
    type: Schema.tag(type).annotate({ description }),
    topic: Schema.tag("system-events"),
    data: Schema.Struct(data)
  })

/** Defines what all events of an action topic share; there the type is the user's own. */
export const actionEvent = <const T extends Topic, const F extends Schema.Struct.Fields>(
  topic: T,
  description: string,
  data: F
) =>
  Schema.Struct({
    ...envelope,
    type: Identifier.annotate({ description }),
    topic: Schema.tag(topic),
    data: Schema.StructWithRest(Schema.Struct(data), [Schema.Record(Schema.String, Schema.Unknown)])
  })

/** Fields that decode without any service, as all of ours do. */
export type ServicelessFields = { readonly [name: string]: Schema.ConstraintDecoder<unknown> }

/** What a reader asks of an event's own fields: all may be missing, and what is there fits. Unknown fields are fine. */
export const lenient = (own: ServicelessFields) => Schema.Struct(Struct.map(own, Schema.optionalKey))

/** The fields of a job event beyond those that every job event has. */
export const ownJobFields = (fields: ServicelessFields): ServicelessFields =>
  Struct.omit(fields, [...Object.keys(jobHeader), "type"])
