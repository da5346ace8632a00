import { decodeMessage } from "@durable-effect/bus"
import type { RejectionCode } from "../api/views.ts"
import { decode, type Decoded } from "../ingest/decode.ts"
import { isJsonObject } from "../ingest/json.ts"
import { traceOf } from "../ingest/traceparent.ts"
import { type BusMessage, keptMessage } from "./keptMessage.ts"

/** The result of decoding a message. */
export interface ReadMessage {
  readonly decoded: Decoded
  /** The event as received, unvalidated; `undefined` if there is none. */
  readonly value: unknown
  /** The trace of the work that published it. */
  readonly requestTraceId: string | null
}

const ownForms = ["instanceId", "workflowId", "eventId"]

/**
 * On the bus an envelope may omit its topic, which the subject states. Filled in before decoding, it makes the event
 * the same as over HTTP. Events of jobs and workflows have no topic.
 */
const withTopic = (value: unknown, topic: string): unknown => {
  if (!isJsonObject(value) || (value["topic"] !== undefined && value["topic"] !== null)) return value
  const isEnvelope = Object.hasOwn(value, "data") || Object.hasOwn(value, "specversion") ||
    ownForms.every((name) => !Object.hasOwn(value, name))
  return isEnvelope ? { ...value, topic } : value
}

const rejected = (message: BusMessage, code: RejectionCode, detail: string): ReadMessage => ({
  decoded: { _tag: "Rejected", rejected: { eventId: null, code, detail, body: keptMessage(message) } },
  value: undefined,
  requestTraceId: null
})

/** An event nested too deeply to be written as JSON is stored as the message that carried it. */
const keptWhole = (decoded: Decoded, message: BusMessage): Decoded =>
  decoded._tag === "Rejected" && decoded.rejected.body === null
    ? { ...decoded, rejected: { ...decoded.rejected, body: keptMessage(message) } }
    : decoded

const codes = { not_json: "not_an_object", not_text: "invalid_text" } as const

/** Decodes a bus message. Never throws. */
export const readMessage = (message: BusMessage): ReadMessage => {
  if (message.damage !== undefined) {
    return rejected(message, "invalid_text", `the message's headers cannot be read: ${message.damage.detail}`)
  }
  const read = decodeMessage(message)
  if (read._tag === "Undecodable") return rejected(message, codes[read.reason], read.detail)
  const value = withTopic(read.value, message.topic)
  return { decoded: keptWhole(decode(value), message), value, requestTraceId: traceOf(read.traceparent) }
}
