import type { HeaderDamage, Message } from "@durable-effect/bus"
import { readHeaderBlock } from "@durable-effect/bus/nats"
import { Option, Schema } from "effect"

/** A bus message, as far as it can be read. */
export interface BusMessage extends Message {
  readonly topic: string
  readonly damage: HeaderDamage | undefined
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
    header_bytes: Schema.optionalKey(Schema.Uint8ArrayFromBase64)
  })
})

const read = Schema.decodeUnknownOption(KeptMessage)
const write = Schema.encodeSync(KeptMessage)

/** A message that contains no event, as the JSON text stored for it. */
export const keptMessage = ({ body, damage, headers, topic }: BusMessage): string => {
  const damaged = damage === undefined ? {} : { damage: damage.detail, header_bytes: damage.bytes }
  return JSON.stringify(write({ bus_message: { topic, headers, body, ...damaged } }))
}

const nothing = new Uint8Array()

/** The message stored by `keptMessage`, its headers read again; `undefined` if something else was stored. */
export const readKeptMessage = (kept: unknown): BusMessage | undefined =>
  Option.getOrUndefined(Option.map(read(kept), ({ bus_message: { body, damage, header_bytes, headers, topic } }) => {
    if (header_bytes !== undefined) return { topic, body, ...readHeaderBlock(header_bytes) }
    // Earlier servers stored why headers could not be read, but not the headers.
    return { topic, body, headers, damage: damage === undefined ? undefined : { detail: damage, bytes: nothing } }
  }))
