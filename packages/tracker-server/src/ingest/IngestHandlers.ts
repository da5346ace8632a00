import { ByteSize, Effect } from "effect"
import { HttpIncomingMessage, type HttpServerRequest } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { EventStore } from "../storage/EventStore.ts"
import { Admission, type Admitted } from "./Admission.ts"
import { ingest } from "./ingest.ts"
import { maxEvents, maxRequestBytes } from "./limits.ts"
import { batchReader, tooManyEvents } from "./readBatch.ts"
import { type AnnouncedBody, announcedBody, readBody } from "./readBody.ts"
import { traceOf } from "./traceparent.ts"

const unavailable = new Unavailable({
  detail: "The database does not answer; nothing of this request was kept. Send it again later."
})

const limited = Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxRequestBytes))

/** Ingest over HTTP. Reads the body itself, since one bad event must not spoil a batch. */
export const IngestHandlers = HttpApiBuilder.group(
  TrackerApi,
  "ingest",
  Effect.fn(function*(handlers) {
    const store = yield* EventStore
    const admission = yield* Admission

    const take = Effect.fnUntraced(function*(tenantId: string, body: AnnouncedBody, admitted: Admitted) {
      const { headers } = body.request
      const read = yield* batchReader(headers["content-type"])
      const text = yield* readBody(body, admitted)
      const { lost, values } = yield* read(text)
      if (values.length > maxEvents) return yield* tooManyEvents
      return yield* ingest(tenantId, values, traceOf(headers["traceparent"]), lost)
    })

    const handle = Effect.fnUntraced(
      function*(request: HttpServerRequest.HttpServerRequest) {
        const { tenantId } = yield* CurrentPrincipal
        const body = yield* announcedBody(request)
        return yield* admission.within(tenantId, body, (admitted) => take(tenantId, body, admitted))
      },
      Effect.catchTag("StoreUnavailable", () => Effect.fail(unavailable)),
      limited
    )

    return handlers.handleRaw("events", ({ request }) => Effect.provideService(handle(request), EventStore, store))
  })
)
