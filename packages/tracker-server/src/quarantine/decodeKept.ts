import { decode, type Decoded } from "../ingest/decode.ts"
import { readKeptMessage } from "../subscribers/keptMessage.ts"
import { readMessage } from "../subscribers/readMessage.ts"

/** Reads what was kept of a refused event: the event, or the whole message of the bus where there was none in it. */
export const decodeKept = (value: unknown): Decoded => {
  const message = readKeptMessage(value)
  return message === undefined ? decode(value) : readMessage(message).decoded
}
