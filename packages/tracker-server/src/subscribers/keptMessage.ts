import type { HeaderDamage, Message } from "@durable-effect/bus"
import { readHeaderBlock } from "@durable-effect/bus/nats"
import { Option, Schema } from "effect"

/** A bus message, as far as it can be read. */
export interface BusMessage extends Message {
  readonly topic: string
  readonly damage: HeaderDamage | undefined
  /** The field trusted to name its tenant when it was received; `undefined` for none. */
  readonly tenantField: string | undefined
}

const KeptMessage = Schema.Struct({
  bus_message: Schema.Struct({
    topic: Schema.String,
    headers: Schema.Record(Schema.String, Schema.String),
    /** Base64, since an undecodable body need not be text. */
    body: Schema.Uint8ArrayFromBase64,
    /** Why its headers could not be read. */
    damage: Schema.optionalKey(Schema.String),
    /** The raw headers, if they could not be read. */
    header_bytes: Schema.optionalKey(Schema.Uint8ArrayFromBase64),
    tenant_field: Schema.optionalKey(Schema.String)
  })
})

const read = Schema.decodeUnknownOption(KeptMessage)
const write = Schema.encodeSync(KeptMessage)

/**
 * A message that contains no event, or whose tenant is unknown, as the JSON text stored for it. The trusted field is
 * part of it: the message must not go to the tenant that keeps it when its event can be read one day.
 */
export const keptMessage = ({ body, damage, headers, tenantField, topic }: BusMessage): string => {
  const damaged = damage === undefined ? {} : { damage: damage.detail, header_bytes: damage.bytes }
  const trusted = tenantField === undefined ? {} : { tenant_field: tenantField }
  return JSON.stringify(write({ bus_message: { topic, headers, body, ...damaged, ...trusted } }))
}

const nothing = new Uint8Array()

/** The message stored by `keptMessage`, its headers read again; `undefined` if something else was stored. */
export const readKeptMessage = (kept: unknown): BusMessage | undefined =>
  Option.getOrUndefined(Option.map(read(kept), ({ bus_message }) => {
    const { body, damage, header_bytes, headers, tenant_field, topic } = bus_message
    const message = { topic, body, tenantField: tenant_field }
    if (header_bytes !== undefined) return { ...message, ...readHeaderBlock(header_bytes) }
    // Earlier servers stored why headers could not be read, but not the headers.
    return { ...message, headers, damage: damage === undefined ? undefined : { detail: damage, bytes: nothing } }
  }))
