import { ActionRequest, ActionResult, catalogue, JobEvent, jobHeader } from "@durable-effect/core"
import { Result, Schema, Struct } from "effect"
import { dataField } from "./envelopeAttributes.ts"
import type { JsonObject } from "./json.ts"

/** Says what does not fit in a known event's own fields, or `undefined` when all that are there fit. */
type Check = (fields: JsonObject) => string | undefined

type ServicelessFields = { readonly [name: string]: Schema.ConstraintDecoder<unknown> }

const maxDetailLength = 300

/** Checks the fields that the schema knows and the event has; all may be missing, null counts as missing. */
const checkOf = (fieldNames: ReadonlyArray<string>, schema: Schema.ConstraintDecoder<unknown>): Check => {
  const decode = Schema.decodeUnknownResult(schema)
  return (given) => {
    const known: Record<string, unknown> = {}
    for (const name of fieldNames) {
      const value = dataField(given, name)
      if (value !== undefined) known[name] = value
    }
    const result = decode(known)
    return Result.isSuccess(result)
      ? undefined
      : result.failure.message.replaceAll(/\s*\n\s*/g, " ").slice(0, maxDetailLength)
  }
}

const headerNames: ReadonlyArray<string> = Object.keys(jobHeader)

/** Base fields have rules of their own, wider than what emitters of this version write: an id is any text. */
const jobCheck = (fields: ServicelessFields): Check => {
  const own = Struct.omit(fields, headerNames)
  return checkOf(Object.keys(own), Schema.Struct(Struct.map(own, Schema.optionalKey)))
}

const jobChecks = new Map<string, Check>(
  JobEvent.members.map((member) => [member.fields.type.schema.literal, jobCheck(Struct.omit(member.fields, ["type"]))])
)

const dataFieldNames = new Map<string, ReadonlyArray<string>>([
  [ActionRequest.fields.topic.schema.literal, Object.keys(ActionRequest.fields.data.schema.fields)],
  [ActionResult.fields.topic.schema.literal, Object.keys(ActionResult.fields.data.schema.fields)]
])

const dataNames = (schema: { readonly fields: Schema.Struct.Fields }): ReadonlyArray<string> => {
  const data = schema.fields["data"]
  return data !== undefined && "fields" in data && typeof data.fields === "object" && data.fields !== null
    ? Object.keys(data.fields)
    : []
}

/** Per topic and type; the type of an action topic is `*`. */
const busChecks = new Map<string, Check>(
  catalogue.flatMap(({ accepts, schema, topic, type }) =>
    topic === undefined
      ? []
      : [[`${topic} ${type}`, checkOf(type === "*" ? dataFieldNames.get(topic) ?? [] : dataNames(schema), accepts)]]
  )
)

export const jobShape = (type: string): Check | undefined => jobChecks.get(type)

export const busShape = (topic: string, type: string): Check | undefined =>
  busChecks.get(`${topic} *`) ?? busChecks.get(`${topic} ${type}`)
