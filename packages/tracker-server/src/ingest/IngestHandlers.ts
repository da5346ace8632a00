import { ByteSize, Context, Effect } from "effect"
import { HttpIncomingMessage, type HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { Buffer } from "node:buffer"
import { CurrentPrincipal, IngestAuthorization, type Principal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { builtWith } from "../http/builtWith.ts"
import { unknownKey } from "../identity/authorization.ts"
import { EventStore } from "../storage/EventStore.ts"
import { Admission, type Admitted } from "./Admission.ts"
import { decode } from "./decode.ts"
import { DecodingTurns } from "./DecodingTurns.ts"
import { ingestDecoded } from "./ingest.ts"
import { maxEvents, maxRequestBytes } from "./limits.ts"
import { type BatchReader, batchReader, tooManyEvents } from "./readBatch.ts"
import { type AnnouncedBody, announcedBody, readBody, textOf } from "./readBody.ts"
import { traceOf } from "./traceparent.ts"

const unavailable = new Unavailable({
  detail: "The database does not answer; nothing of this request was kept. Send it again later."
})

const limited = Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxRequestBytes))

/** On its own, so that neither the text nor what JSON made of it is kept while the events wait to be written. */
const decodedBody = Effect.fnUntraced(function*(bytes: Buffer, read: BatchReader) {
  const { lost, values } = yield* read(yield* textOf(bytes))
  if (values.length > maxEvents) return yield* tooManyEvents
  return { decoded: values.map(decode), lost }
})

/** Ingest over HTTP. Reads the body itself, so that one bad event cannot spoil a batch. */
export const IngestHandlers = HttpApiBuilder.group(
  TrackerApi,
  "ingest",
  Effect.fn(function*(handlers) {
    const events = yield* EventStore
    const admission = yield* Admission

    const turns = new DecodingTurns()

    const store = Effect.fnUntraced(
      function*({ keyId, tenantId }: Principal, bytes: Buffer, read: BatchReader, requestTraceId: string | null) {
        const { decoded, lost } = yield* decodedBody(bytes, read)
        return yield* ingestDecoded(tenantId, decoded, { requestTraceId, lost, keyId })
      }
    )

    const take = Effect.fnUntraced(function*(principal: Principal, body: AnnouncedBody, admitted: Admitted) {
      const { headers } = body.request
      const read = yield* batchReader(headers["content-type"])
      const bytes = yield* readBody(body, admitted)
      const stored = store(principal, bytes, read, traceOf(headers["traceparent"]))
      return yield* turns.within(principal.tenantId, bytes.length, stored)
    })

    const handle = Effect.fnUntraced(
      function*(request: HttpServerRequest.HttpServerRequest) {
        const principal = yield* CurrentPrincipal
        const body = yield* announcedBody(request)
        return yield* admission.within(principal.tenantId, body, (admitted) => take(principal, body, admitted))
      },
      // A request may be authorized long before its body arrives.
      Effect.catchTags({ StoreUnavailable: () => Effect.fail(unavailable), KeyEnded: () => Effect.fail(unknownKey) }),
      limited
    )

    return handlers.handleRaw("events", ({ request }) => Effect.provideService(handle(request), EventStore, events))
  })
).pipe(builtWith(Context.pick(EventStore, Admission, IngestAuthorization)))
