import { catalogue, type CatalogueEntry } from "@durable-effect/core"
import { Result, Schema } from "effect"
import { dataField } from "./envelopeAttributes.ts"
import type { JsonObject } from "./json.ts"

/** Says what does not fit in a known event's own fields, or `undefined` when all that are there fit. */
type Check = (fields: JsonObject) => string | undefined

const maxDetailLength = 300

/** Checks the fields that the vocabulary knows and the event has; null counts as missing. */
const checkOf = ({ accepts }: CatalogueEntry): Check => {
  const names = Object.keys(accepts.fields)
  const decode = Schema.decodeUnknownResult(accepts)
  return (given) => {
    const known: Record<string, unknown> = {}
    for (const name of names) {
      const value = dataField(given, name)
      if (value !== undefined) known[name] = value
    }
    const result = decode(known)
    return Result.isSuccess(result)
      ? undefined
      : result.failure.message.replaceAll(/\s*\n\s*/g, " ").slice(0, maxDetailLength)
  }
}

const nameOf = (topic: string | undefined, type: string) => topic === undefined ? type : `${topic} ${type}`

const checks = new Map(catalogue.map((entry) => [nameOf(entry.topic, entry.type), checkOf(entry)]))

export const jobShape = (type: string): Check | undefined => checks.get(type)

/** On the action topics every type has the same shape. */
export const busShape = (topic: string, type: string): Check | undefined =>
  checks.get(nameOf(topic, "*")) ?? checks.get(nameOf(topic, type))
