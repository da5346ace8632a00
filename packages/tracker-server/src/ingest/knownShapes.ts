import { catalogue, type CatalogueEntry } from "@durable-effect/core"
import { Result, Schema } from "effect"
import { dataField } from "./envelopeAttributes.ts"
import type { JsonObject } from "./json.ts"

/** Describes what is invalid in a known event's own fields; `undefined` if all present fields are valid. */
type Check = (fields: JsonObject) => string | undefined

const maxDetailLength = 300

/** Checks the fields that the vocabulary defines and the event has; null counts as missing. */
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

// Types are chosen by the sender: a job event's type may look like a topic plus a type, so each form has its own map.
const jobChecks = new Map<string, Check>()
const busChecks = new Map<string, Map<string, Check>>()
for (const entry of catalogue) {
  const { topic, type } = entry
  if (topic === undefined) jobChecks.set(type, checkOf(entry))
  else busChecks.set(topic, (busChecks.get(topic) ?? new Map<string, Check>()).set(type, checkOf(entry)))
}

export const jobShape = (type: string): Check | undefined => jobChecks.get(type)

/** On the action topics, every type has the same shape. */
export const busShape = (topic: string, type: string): Check | undefined => {
  const checks = busChecks.get(topic)
  return checks?.get("*") ?? checks?.get(type)
}
