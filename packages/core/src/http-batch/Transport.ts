import { Context, type Effect, Schema } from "effect"
import { describeThrown } from "./describeThrown.ts"

export interface TransportRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Pieces to be sent one after the other; they are the tracker's again once `send` has ended. */
  readonly body: ReadonlyArray<Uint8Array<ArrayBuffer>>
  /** Where to stop reading the answer's body, in bytes; the end of the piece that passes it will do. Default 1 MiB. */
  readonly maxAnswerBytes?: number | undefined
}

/** The beginning of an answer. */
export interface TransportHead {
  readonly status: number
  /** The header `retry-after`. */
  readonly retryAfter: string | undefined
  /** The header `content-type`. */
  readonly contentType?: string | undefined
}

/** No answer, or no more of it. */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * What the tracker needs of HTTP: a POST. Calls `onHead` as soon as the status line and the headers are there, and ends
 * with the body as text, of which about `maxAnswerBytes` are read. Interrupting it gives the request up. An implementation does not
 * retry, does not follow redirects and need not know of timeouts.
 */
export class TrackerTransport extends Context.Service<TrackerTransport, {
  readonly send: (
    request: TransportRequest,
    onHead: (head: TransportHead) => void
  ) => Effect.Effect<string, TransportFailed>
}>()("@durable-effect/core/TrackerTransport") {}

/** Bytes of all pieces. */
export const bytesOfBody = (body: TransportRequest["body"]): number =>
  body.reduce((sum, piece) => sum + piece.length, 0)

/** All pieces in one. */
export const wholeBody = (body: TransportRequest["body"]): Uint8Array<ArrayBuffer> => {
  const [only, ...others] = body
  if (only !== undefined && others.length === 0) return only
  const whole = new Uint8Array(bytesOfBody(body))
  let offset = 0
  for (const piece of body) {
    whole.set(piece, offset)
    offset += piece.length
  }
  return whole
}

/** Where the reading of an answer stops when the request does not say. */
export const maxAnswerBytes = 1_048_576

export const transportFailed = (thrown: unknown): TransportFailed =>
  new TransportFailed({ detail: describeThrown(thrown) })
