import { isTenantId } from "../identity/isTenantId.ts"
import { envelopeAttribute, isEnvelopeAttribute } from "../ingest/envelopeAttributes.ts"
import { isJsonObject, keptJson } from "../ingest/json.ts"
import type { ReadMessage } from "./readMessage.ts"

/** Who the events of the bus belong to. */
export interface BusTenants {
  /** Whose events they are where no field says otherwise. */
  readonly tenant: string
  /** The field of the envelope that this deployment trusts to name the tenant; undefined trusts none. */
  readonly field: string | undefined
}

/** A message whose tenant is known. */
export interface OwnedMessage extends ReadMessage {
  readonly tenantId: string
}

/** By its name, by our other names of the same attribute, and as a header of CloudEvents has it. */
const given = (value: unknown, field: string): unknown => {
  if (!isJsonObject(value)) return undefined
  return value[field] ?? (isEnvelopeAttribute(field) ? envelopeAttribute(value, field) : undefined) ??
    value[field.replaceAll("_", "").toLowerCase()] ?? undefined
}

/** Says whose a message is. One whose trusted field names no tenant is refused: it is not for us to guess. */
export const ownedBy = (read: ReadMessage, { field, tenant }: BusTenants): OwnedMessage => {
  const name = field === undefined ? undefined : given(read.value, field)
  if (typeof name === "string" && isTenantId(name)) return { ...read, tenantId: name }
  // What is refused already has its reason.
  if (name === undefined || read.decoded._tag === "Rejected") return { ...read, tenantId: tenant }
  return {
    ...read,
    tenantId: tenant,
    decoded: {
      _tag: "Rejected",
      rejected: {
        eventId: read.decoded.event.eventId,
        code: "invalid_id",
        detail: `${field} is no name of a tenant: it has 1 to 255 bytes and no control characters`,
        body: keptJson(read.value) ?? null
      }
    }
  }
}
