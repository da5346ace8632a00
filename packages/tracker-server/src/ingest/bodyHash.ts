import { createHash } from "node:crypto"
import { canonicalAttribute } from "./envelopeAttributes.ts"
import type { EventForm } from "./IncomingEvent.ts"

/** Said by the way an event came, not by the event: a second delivery may say otherwise. */
const ofDelivery = new Set(["env", "serviceKey", "tenant_id"])

/** What an envelope that leaves these out means, so that every door gives one hash. */
const defaults: ReadonlyArray<readonly [string, string]> = [
  ["specversion", "\"1.0\""],
  ["topic", "\"system-events\""]
]

/** An object of RFC 8785 from the canonical texts of its members. */
export const canonicalObject = (members: Iterable<readonly [string, string]>): string =>
  `{${
    [...members].sort(([left], [right]) => left < right ? -1 : left > right ? 1 : 0)
      .map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")
  }}`

/** SHA-256 of an event's canonical JSON without `env`, `serviceKey` and tenant, an envelope's names made one. */
export const bodyHash = (form: EventForm, members: ReadonlyArray<readonly [string, string]>): Uint8Array => {
  const said = new Map<string, string>(form === "envelope" ? defaults : [])
  for (const [key, json] of members) {
    const name = form === "envelope" ? canonicalAttribute(key) : key
    if (ofDelivery.has(name) || (form === "envelope" && json === "null" && name !== "data")) continue
    said.set(name, json)
  }
  return createHash("sha256").update(canonicalObject(said)).digest()
}
