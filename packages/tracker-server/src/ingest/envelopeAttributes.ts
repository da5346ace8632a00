import type { JsonObject } from "./json.ts"

/** The accepted names of each envelope attribute; the first is ours and takes precedence. */
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

/** An attribute by any of its names; null, which some emitters write for "none", counts as absent. */
export const envelopeAttribute = (event: JsonObject, name: EnvelopeAttribute): unknown => {
  for (const alias of names[name]) {
    const value = event[alias]
    if (value !== undefined && value !== null) return value
  }
  return undefined
}

/** Our name for an attribute, whichever of its names the emitter used. */
export const canonicalAttribute = (name: string): string => canonicalName.get(name) ?? name

const preferred = new Map<string, ReadonlyArray<string>>(
  Object.values(names).flatMap((all) => all.map((alias, i) => [alias, all.slice(0, i)]))
)

/** The names of the same attribute that take precedence over this one. */
export const preferredNames = (name: string): ReadonlyArray<string> => preferred.get(name) ?? []

const camelCase = (name: string): string => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Cache of the few names the code asks for, in `planId` style. */
const camelCased = new Map<string, string>()

const inCamelCase = (name: string): string => {
  const present = camelCased.get(name)
  if (present !== undefined) return present
  const made = camelCase(name)
  camelCased.set(name, made)
  return made
}

/** A field of `data`, in `plan_id` or `planId` style; null counts as absent. */
export const dataField = (data: JsonObject, name: string): unknown => data[name] ?? data[inCamelCase(name)] ?? undefined

/** Whether it is our own name for an attribute. */
export const isEnvelopeAttribute = (name: string): name is EnvelopeAttribute => Object.hasOwn(names, name)
