import type { JsonObject } from "./json.ts"

/** The names under which each attribute of an envelope is understood; the first is our own and wins. */
const names = {
  id: ["id", "eventId"],
  time: ["time", "timestamp"],
  type: ["type"],
  source: ["source"],
  topic: ["topic"],
  specversion: ["specversion"],
  data: ["data"],
  correlation_id: ["correlation_id", "correlationId", "correlationid"],
  trace_id: ["trace_id", "traceId", "traceid"],
  parent_event_id: ["parent_event_id", "parentEventId", "parenteventid"],
  tenant_id: ["tenant_id", "tenantId", "tenantid"],
  session_id: ["session_id", "sessionId", "sessionid"],
  plan_id: ["plan_id", "planId", "planid"]
} as const

export type EnvelopeAttribute = keyof typeof names

const canonicalName = new Map<string, string>(
  Object.entries(names).flatMap(([name, all]) => all.map((alias) => [alias, name]))
)

/** An attribute by any of its names; null, as some emitters write "none", counts as left out. */
export const envelopeAttribute = (event: JsonObject, name: EnvelopeAttribute): unknown => {
  for (const alias of names[name]) {
    const value = event[alias]
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

/** Our name of an attribute, whichever of its names the emitter used. */
export const canonicalAttribute = (name: string): string => canonicalName.get(name) ?? name

const preferred = new Map<string, ReadonlyArray<string>>(
  Object.values(names).flatMap((all) => all.map((alias, i) => [alias, all.slice(0, i)]))
)

/** The names of the same attribute that are read before this one. */
export const preferredNames = (name: string): ReadonlyArray<string> => preferred.get(name) ?? []

const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Names that the code asks for, which are few, in `planId` style. */
const camelCased = new Map<string, string>()

const inCamelCase = (name: string): string => {
  const present = camelCased.get(name)
  if (present !== undefined) return present
  const made = camelCase(name)
  camelCased.set(name, made)
  return made
}

/** A field of `data`, in `plan_id` or in `planId` style; null counts as left out. */
export const dataField = (data: JsonObject, name: string): unknown => data[name] ?? data[inCamelCase(name)] ?? undefined

/** Whether it is our own name of an attribute. */
export const isEnvelopeAttribute = (name: string): name is EnvelopeAttribute => Object.hasOwn(names, name)
