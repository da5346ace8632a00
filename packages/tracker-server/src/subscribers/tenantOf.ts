import { isTenantId } from "../identity/isTenantId.ts"
import { envelopeAttribute, isEnvelopeAttribute } from "../ingest/envelopeAttributes.ts"
import { isJsonObject, keptJson } from "../ingest/json.ts"
import type { ReadMessage } from "./readMessage.ts"

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

/** Determines a message's tenant. If the trusted field names none, the message is rejected: we must not guess. */
export const ownedBy = (read: ReadMessage, { field, tenant }: BusTenants): OwnedMessage => {
  const name = field === undefined ? undefined : given(read.value, field)
  if (typeof name === "string" && isTenantId(name)) return { ...read, tenantId: name }
  // A rejected message already has its reason.
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
