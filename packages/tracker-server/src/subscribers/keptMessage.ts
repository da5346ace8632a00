import { Option, Schema } from "effect"

const KeptMessage = Schema.Struct({
  bus_message: Schema.Struct({
    topic: Schema.String,
    headers: Schema.Record(Schema.String, Schema.String),
    /** Base64, since what cannot be decoded need not be text. */
    body: Schema.Uint8ArrayFromBase64,
    /** Why its headers could not be read. */
    damage: Schema.optionalKey(Schema.String)
  })
})

/** A message of the bus, as far as it can be read. */
export type BusMessage = typeof KeptMessage.Type["bus_message"]

const read = Schema.decodeUnknownOption(KeptMessage)
const write = Schema.encodeSync(KeptMessage)

/** A message that holds no event, as the JSON text that is kept of it. */
export const keptMessage = (message: BusMessage): string => JSON.stringify(write({ bus_message: message }))

/** The message that was kept so; undefined where something else was kept. */
export const readKeptMessage = (kept: unknown): BusMessage | undefined =>
  Option.getOrUndefined(Option.map(read(kept), ({ bus_message }) => bus_message))
