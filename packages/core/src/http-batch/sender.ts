import { Clock, Effect, Option } from "effect"
import { isProblem, problemOf, verdictsOf } from "./answer.ts"
import type { Batch, SendResult } from "./Batch.ts"
import type { Envelope } from "./Envelope.ts"
import { gzip } from "./gzip.ts"
import type { Options } from "./options.ts"
import { outcomeOf, retryAfterMs } from "./retryPolicy.ts"
import { failureDetail, type TrackerTransport, type TransportResponse } from "./Transport.ts"

/** What an answer means for its batch. The status line decides: a body that broke off takes nothing back. */
const resultOf = (
  { contentType, retryAfter, status }: TransportResponse,
  text: string,
  clock: Clock.Clock
): SendResult => {
  const outcome = outcomeOf(status)
  if (outcome === "acknowledged") return { kind: "Acknowledged", ...verdictsOf(text) }
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
        retryAfterMs: retryAfterMs(retryAfter, clock.currentTimeMillisUnsafe())
      }
  }
}

const failed = (detail: string): SendResult => ({ kind: "Failed", detail, retryAfterMs: undefined })

/** Sends one batch once and tells what became of it. Never fails. */
export const makeSender = (options: Options, transport: TrackerTransport["Service"]) => {
  const isPacked = options.compression === "gzip"
  const common = {
    ...options.headers,
    "content-type": "application/json",
    ...(isPacked ? { "content-encoding": "gzip" } : undefined)
  }
  return Effect.fnUntraced(function*(batch: Batch, envelope: Envelope): Effect.fn.Return<SendResult> {
    const clock = yield* Clock.Clock
    const body = envelope.around(batch.json)
    const { traceparent } = batch
    let head: TransportResponse | undefined
    const resultAs = (text: string, otherwise: string) =>
      head === undefined ? failed(otherwise) : resultOf(head, text, clock)
    return yield* transport.send({
      url: options.url,
      headers: traceparent === undefined ? common : { ...common, traceparent },
      body: isPacked ? yield* gzip(body) : body
    }).pipe(
      Effect.flatMap((response) => {
        head = response
        return response.text
      }),
      Effect.scoped,
      Effect.timeoutOption(options.requestTimeoutMs),
      Effect.map((text) =>
        resultAs(Option.getOrElse(text, () => ""), `no answer within ${options.requestTimeoutMs} ms`)
      ),
      Effect.catch(({ detail }) => Effect.succeed(resultAs("", detail))),
      // A transport that is not ours may be broken in ways that its type does not tell.
      Effect.catchDefect((defect) => Effect.succeed(resultAs("", failureDetail(defect))))
    )
  })
}
