import { decode, type Decoded } from "../ingest/decode.ts"
import { keptMessage, readKeptMessage } from "../subscribers/keptMessage.ts"
import { ownedMessage } from "../subscribers/tenantOf.ts"

/**
 * Decodes what a tenant's rejected events store: an event, or a whole bus message. A message goes to the tenant that
 * its sender named, so it stays rejected here if that is another one.
 */
export const decodeKept = (tenantId: string, value: unknown): Decoded => {
  const message = readKeptMessage(value)
  if (message === undefined) return decode(value)
  const owned = ownedMessage(message, tenantId)
  if (owned.tenantId === tenantId || owned.decoded._tag === "Rejected") return owned.decoded
  return {
    _tag: "Rejected",
    rejected: {
      eventId: owned.decoded.event.eventId,
      code: "invalid_id",
      detail: `${message.tenantField} names another tenant: publish the event again, so that it reaches that tenant`,
      body: keptMessage(message)
    }
  }
}
