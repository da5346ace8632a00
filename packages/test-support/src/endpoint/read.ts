import type * as Http from "node:http"
import { gunzipSync, inflateSync } from "node:zlib"
import type { ReceivedEvent } from "./Control.ts"

const unpack = (wire: Buffer, encoding: string | undefined): Buffer => {
  if (encoding === "gzip") return gunzipSync(wire)
  return encoding === "deflate" ? inflateSync(wire) : wire
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The events of a body, which may be anything. */
export const eventsOf = (body: unknown): ReadonlyArray<ReceivedEvent> =>
  typeof body === "object" && body !== null && "events" in body && Array.isArray(body.events) ? body.events : []

export interface Content {
  readonly wireBytes: number
  readonly bytes: number
  readonly body?: unknown
  readonly events: ReadonlyArray<ReceivedEvent>
  readonly ids: ReadonlyArray<string>
}

/** Reads a request's body to its end. Fails if the client disconnects first. */
export const read = async (incoming: Http.IncomingMessage, idPattern: RegExp | undefined): Promise<Content> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk)
  const wire = Buffer.concat(chunks)
  const plain = unpack(wire, incoming.headers["content-encoding"])
  const sizes = { wireBytes: wire.length, bytes: plain.length }
  if (idPattern !== undefined) {
    // One character per byte: such a body may be binary.
    const ids = Array.from(plain.toString("latin1").matchAll(idPattern), (match) => match[1] ?? match[0])
    return { ...sizes, events: [], ids }
  }
  const body = parse(plain.toString("utf8"))
  const events = eventsOf(body)
  return { ...sizes, body, events, ids: events.map((event) => String(event.eventId ?? event.id)) }
}
