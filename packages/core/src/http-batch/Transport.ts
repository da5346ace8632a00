import { Context, type Effect, Schema } from "effect"
import { describeThrown } from "./describeThrown.ts"

export interface TransportRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Pieces to send in order; the tracker may reuse them once `send` has ended. */
  readonly body: ReadonlyArray<Uint8Array<ArrayBuffer>>
  /**
   * Where to stop reading the response body, in bytes; the rest of the current piece may still be read. Default 1 MiB.
   */
  readonly maxAnswerBytes?: number | undefined
}

/** The head of a response. */
export interface TransportHead {
  readonly status: number
  /** The header `retry-after`. */
  readonly retryAfter: string | undefined
  /** The header `content-type`. */
  readonly contentType?: string | undefined
}

/** There was no response, or it was cut off. */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * The tracker's HTTP transport: sends a POST. Calls `onHead` as soon as status line and headers have arrived, and
 * succeeds with the body as text, of which about `maxAnswerBytes` are read. Interruption aborts the request. An
 * implementation must not retry or follow redirects, and need not handle timeouts.
 */
export class TrackerTransport extends Context.Service<TrackerTransport, {
  readonly send: (
    request: TransportRequest,
    onHead: (head: TransportHead) => void
  ) => Effect.Effect<string, TransportFailed>
}>()("@durable-effect/core/TrackerTransport") {}

/** Total bytes of all pieces. */
export const bytesOfBody = (body: TransportRequest["body"]): number =>
  body.reduce((sum, piece) => sum + piece.length, 0)

/** All pieces joined. */
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

/** Default limit for reading a response body, in bytes. */
export const maxAnswerBytes = 1_048_576

export const transportFailed = (thrown: unknown): TransportFailed =>
  new TransportFailed({ detail: describeThrown(thrown) })
