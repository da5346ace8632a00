import { hash } from "node:crypto"
import { canonicalAttribute, preferredNames } from "./envelopeAttributes.ts"
import type { EventForm } from "./IncomingEvent.ts"
import { quotedKey } from "./json.ts"

/** A field of an event and its canonical JSON. */
export type Member = readonly [name: string, json: string]

/** Said by the way an event came, not by the event: a second delivery may say otherwise. */
const ofDelivery: ReadonlySet<string> = new Set(["env", "serviceKey", "tenant_id", "tenantId", "tenantid"])

/** An object of RFC 8785 from its members, sorted by name. */
const canonicalObject = (members: ReadonlyArray<Member>): string => {
  let text = ""
  for (const [name, json] of members) {
    if (!ofDelivery.has(name)) text += `${text === "" ? "" : ","}${quotedKey(name)}${json}`
  }
  return `{${text}}`
}

/** An envelope's names made one, and what it means by leaving attributes out, so that every door gives one hash. */
const envelopeMembers = (members: ReadonlyArray<Member>): ReadonlyArray<Member> => {
  const said = new Map([["specversion", "\"1.0\""], ["topic", "\"system-events\""]])
  const given = new Set<string>()
  for (const [name, json] of members) {
    if (json !== "null" || name === "data") given.add(name)
  }
  for (const [name, json] of members) {
    if (given.has(name) && !preferredNames(name).some((other) => given.has(other))) {
      said.set(canonicalAttribute(name), json)
    }
  }
  return [...said].sort(([left], [right]) => left < right ? -1 : 1)
}

/** SHA-256 of an event's canonical JSON without `env`, `serviceKey` and tenant. Takes its members sorted by name. */
export const bodyHash = (form: EventForm, members: ReadonlyArray<Member>): Uint8Array =>
  hash("sha256", canonicalObject(form === "envelope" ? envelopeMembers(members) : members), "buffer")
