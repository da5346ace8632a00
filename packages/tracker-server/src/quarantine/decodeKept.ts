import { decode, type Decoded } from "../ingest/decode.ts"
import { readKeptMessage } from "../subscribers/keptMessage.ts"
import { readMessage } from "../subscribers/readMessage.ts"

/** Decodes a stored rejected event: the event, or the whole bus message if it contained none. */
export const decodeKept = (value: unknown): Decoded => {
  const message = readKeptMessage(value)
  return message === undefined ? decode(value) : readMessage(message).decoded
}
