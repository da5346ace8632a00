import { ByteSize, Context, Effect } from "effect"
import { HttpIncomingMessage, type HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal, IngestAuthorization, type Principal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { builtWith } from "../http/builtWith.ts"
import { unknownKey } from "../identity/authorization.ts"
import { EventStore } from "../storage/EventStore.ts"
import { Admission, type Admitted } from "./Admission.ts"
import { decode } from "./decode.ts"
import { ingest } from "./ingest.ts"
import { maxEvents, maxRequestBytes } from "./limits.ts"
import { type BatchReader, batchReader, tooManyEvents } from "./readBatch.ts"
import { type AnnouncedBody, announcedBody, readBody, textOf } from "./readBody.ts"
import { traceOf } from "./traceparent.ts"

const unavailable = new Unavailable({
  detail: "The database does not answer; nothing of this request was kept. Send it again later."
})

const limited = Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxRequestBytes))

/** On its own, so that neither the text nor what JSON made of it is kept while the events wait: only the bytes are. */
const contentOf = Effect.fnUntraced(function*(bytes: Uint8Array, read: BatchReader) {
  const { lost, values } = yield* read(yield* textOf(bytes))
  if (values.length > maxEvents) return yield* tooManyEvents
  return { decoded: values.map(decode), lost }
})

/** Ingest over HTTP. Reads the body itself, so that one bad event cannot spoil a batch. */
export const IngestHandlers = HttpApiBuilder.group(
  TrackerApi,
  "ingest",
  Effect.fn(function*(handlers) {
    const store = yield* EventStore
    const admission = yield* Admission

    const take = Effect.fnUntraced(function*({ keyId, tenantId }: Principal, body: AnnouncedBody, admitted: Admitted) {
      const { headers } = body.request
      const read = yield* batchReader(headers["content-type"])
      const bytes = yield* readBody(body, admitted)
      const requestTraceId = traceOf(headers["traceparent"])
      return yield* ingest(tenantId, { bytes: bytes.length, decode: contentOf(bytes, read) }, { requestTraceId, keyId })
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

    return handlers.handleRaw("events", ({ request }) => Effect.provideService(handle(request), EventStore, store))
  })
).pipe(builtWith(Context.pick(EventStore, Admission, IngestAuthorization)))
