import { isTenantId } from "../identity/isTenantId.ts"
import { envelopeAttribute, isEnvelopeAttribute } from "../ingest/envelopeAttributes.ts"
import { isJsonObject } from "../ingest/json.ts"
import { type BusMessage, keptMessage } from "./keptMessage.ts"
import { type ReadMessage, readMessage } from "./readMessage.ts"

/** The tenants that bus events belong to. */
export interface BusTenants {
  /** The tenant of events without a trusted field. */
  readonly tenant: string
  /** The envelope field that this deployment trusts to name the tenant; `undefined` for none. */
  readonly field: string | undefined
}

/** A message whose tenant is known. */
export interface OwnedMessage extends ReadMessage {
  readonly tenantId: string
}

/** Looks a field up by its name, by our other names for the same attribute, and by its CloudEvents header name. */
const given = (value: unknown, field: string): unknown => {
  if (!isJsonObject(value)) return undefined
  return value[field] ?? (isEnvelopeAttribute(field) ? envelopeAttribute(value, field) : undefined) ??
    value[field.replaceAll("_", "").toLowerCase()] ?? undefined
}

/**
 * Reads a message and determines its tenant: the one that its trusted field names, or `tenant` if there is no such
 * field. If the field does not name a tenant, the message is rejected and stays whole: we must not guess.
 */
export const ownedMessage = (message: BusMessage, tenant: string): OwnedMessage => {
  const read = readMessage(message)
  const { tenantField } = message
  const name = tenantField === undefined ? undefined : given(read.value, tenantField)
  if (typeof name === "string" && isTenantId(name)) return { ...read, tenantId: name }
  if (name === undefined) return { ...read, tenantId: tenant }
  // A message that is rejected anyway keeps that reason.
  const { code, detail, eventId } = read.decoded._tag === "Rejected" ? read.decoded.rejected : {
    eventId: read.decoded.event.eventId,
    code: "invalid_id" as const,
    detail: `${tenantField} is no name of a tenant: it has 1 to 255 bytes and no control characters`
  }
  return {
    ...read,
    tenantId: tenant,
    decoded: { _tag: "Rejected", rejected: { eventId, code, detail, body: keptMessage(message) } }
  }
}
