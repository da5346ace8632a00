import { Clock, Effect, Option } from "effect"
import { isProblem, problemOf, verdictsOf } from "./answer.ts"
import type { Batch, SendResult } from "./Batch.ts"
import { encodeBody } from "./encode.ts"
import type { Options } from "./options.ts"
import { outcomeOf, retryAfterMs } from "./retryPolicy.ts"
import { failureDetail, type TrackerTransport, type TransportRequest } from "./Transport.ts"

const gzip = (text: string): Promise<ArrayBuffer> =>
  new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer()

const requestOf = Effect.fnUntraced(function*(options: Options, body: string, traceparent: string | undefined) {
  const headers = {
    ...options.headers,
    "content-type": "application/json",
    ...(traceparent === undefined ? undefined : { traceparent })
  }
  if (options.compression === "none") return { url: options.url, headers, body } satisfies TransportRequest
  const packed = new Uint8Array(yield* Effect.promise(() => gzip(body)))
  return {
    url: options.url,
    headers: { ...headers, "content-encoding": "gzip" },
    body: packed
  } satisfies TransportRequest
})

/**
 * Sends one batch once and tells what became of it. Never fails. The status line decides; a body that then breaks or
 * stalls takes nothing back.
 */
export const makeSender = (options: Options, transport: TrackerTransport["Service"]) => {
  const post = Effect.fnUntraced(function*(request: TransportRequest) {
    const clock = yield* Clock.Clock
    const startedAt = clock.monotonicTimeNanosUnsafe()
    const response = yield* Effect.timeout(transport.send(request), options.requestTimeoutMs)
    const passedMs = Number(clock.monotonicTimeNanosUnsafe() - startedAt) / 1e6
    const text = yield* response.text.pipe(
      Effect.timeout(Math.max(options.requestTimeoutMs - passedMs, 1)),
      Effect.option
    )
    const { contentType, retryAfter, status } = response
    return { status, retryAfter, contentType, text: Option.getOrElse(text, () => "") }
  }, Effect.scoped)

  return Effect.fnUntraced(
    function*(batch: Batch, end: string) {
      const request = yield* requestOf(options, encodeBody(batch.items, end), batch.traceparent)
      const { contentType, retryAfter, status, text } = yield* post(request)
      const outcome = outcomeOf(status)
      if (outcome === "acknowledged") return { kind: "Acknowledged", ...verdictsOf(text) } satisfies SendResult
      const detail = problemOf(text)
      if (outcome === "split") {
        return { kind: "NotTaken", status, detail, isUnderstood: isProblem(contentType) } satisfies SendResult
      }
      if (outcome === "refused") return { kind: "Refused", status, detail } satisfies SendResult
      return {
        kind: "Failed",
        detail: `status ${status} ${detail}`.trimEnd(),
        retryAfterMs: retryAfterMs(retryAfter, yield* Clock.currentTimeMillis)
      } satisfies SendResult
    },
    Effect.catchTag("TimeoutError", () =>
      Effect.succeed<SendResult>({
        kind: "Failed",
        detail: `no answer within ${options.requestTimeoutMs} ms`,
        retryAfterMs: undefined
      })),
    Effect.catchTag(
      "TransportFailed",
      ({ detail }) => Effect.succeed<SendResult>({ kind: "Failed", detail, retryAfterMs: undefined })
    ),
    // A transport that is not ours may be broken in ways that its type does not tell.
    Effect.catchDefect((defect) =>
      Effect.succeed<SendResult>({ kind: "Failed", detail: failureDetail(defect), retryAfterMs: undefined })
    )
  )
}
