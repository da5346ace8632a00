import { Cause, Effect, Exit } from "effect"
import { answerBytesFor, isProblem, problemOf, verdictsOf } from "./answer.ts"
import type { Batch, SendResult } from "./Batch.ts"
import { describeThrown } from "./describeThrown.ts"
import type { Envelope } from "./Envelope.ts"
import { gzip } from "./gzip.ts"
import type { Options } from "./options.ts"
import { outcomeOf, retryAfterMs } from "./retryPolicy.ts"
import { type TrackerTransport, type TransportFailed, type TransportHead } from "./Transport.ts"

/** What a response means for its batch. The status line decides, even if the body was cut off. */
const resultOf = (
  { contentType, retryAfter, status }: TransportHead,
  text: string,
  events: number,
  nowMs: number
): SendResult => {
  const outcome = outcomeOf(status)
  if (outcome === "acknowledged") return { kind: "Acknowledged", ...verdictsOf(text, events) }
  const detail = problemOf(text)
  switch (outcome) {
    case "split":
      return { kind: "NotTaken", status, detail, isUnderstood: isProblem(contentType) }
    case "refused":
      return { kind: "Refused", status, detail }
    case "retry":
      return {
        kind: "Failed",
        detail: `status ${status} ${detail}`.trimEnd(),
        retryAfterMs: retryAfterMs(retryAfter, nowMs)
      }
  }
}

/** A batch being sent, and what is known of its response. */
export class Exchange {
  /** Sends the batch; run it only once. A user-supplied transport may fail in ways that its type does not declare. */
  readonly run: Effect.Effect<string, TransportFailed>
  readonly #events: number
  #head: TransportHead | undefined

  /** The response's status, once received. */
  get status(): number | undefined {
    return this.#head?.status
  }

  constructor(
    events: number,
    run: (onHead: (head: TransportHead) => void) => Effect.Effect<string, TransportFailed>
  ) {
    this.#events = events
    this.run = run((head) => {
      this.#head = head
    })
  }

  /** The outcome of the batch, once `run` has ended. `nowMs` is epoch milliseconds. */
  result(exit: Exit.Exit<string, TransportFailed>, nowMs: number): SendResult {
    return Exit.isSuccess(exit)
      ? this.#resultOf(exit.value, "the transport returned nothing", nowMs)
      : this.#resultOf(undefined, describeThrown(Cause.squash(exit.cause)), nowMs)
  }

  /** The outcome of the batch if `run` is abandoned after this many milliseconds. */
  late(afterMs: number, nowMs: number): SendResult {
    return this.#resultOf(undefined, `no ${this.#head ? "end" : "answer"} within ${afterMs} ms`, nowMs)
  }

  #resultOf(text: unknown, otherwise: string, nowMs: number): SendResult {
    if (this.#head === undefined) return { kind: "Failed", detail: otherwise, retryAfterMs: undefined }
    const isText = typeof text === "string"
    const result = resultOf(this.#head, isText ? text : "", this.#events, nowMs)
    return isText || result.kind !== "Acknowledged"
      ? result
      : { ...result, unread: `the body could not be read (${otherwise})` }
  }
}

/** Creates exchanges for batches. */
export const exchangeMaker = (options: Options, transport: TrackerTransport["Service"]) => {
  const isPacked = options.compression === "gzip"
  const common = {
    ...options.headers,
    "content-type": "application/json",
    ...(isPacked ? { "content-encoding": "gzip" } : undefined)
  }
  return ({ items, json, traceparent }: Batch, envelope: Envelope): Exchange => {
    const { url } = options
    const headers = traceparent === undefined ? common : { ...common, traceparent }
    const body = envelope.around(json)
    const maxAnswerBytes = answerBytesFor(items.length)
    return new Exchange(items.length, (onHead) =>
      isPacked
        ? Effect.flatMap(gzip(body), (packed) => transport.send({ url, headers, body: packed, maxAnswerBytes }, onHead))
        : Effect.suspend(() => transport.send({ url, headers, body, maxAnswerBytes }, onHead)))
  }
}
