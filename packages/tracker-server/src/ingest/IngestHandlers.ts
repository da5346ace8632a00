import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { CurrentPrincipal } from "../api/Authorization.ts"
import { Unavailable } from "../api/errors.ts"
import { TrackerApi } from "../api/TrackerApi.ts"
import { EventStore } from "../storage/EventStore.ts"
import { ingest } from "./ingest.ts"
import { maxEvents } from "./limits.ts"
import { batchReader, tooManyEvents } from "./readBatch.ts"
import { readBody } from "./readBody.ts"
import { traceOf } from "./traceparent.ts"

const unavailable = new Unavailable({
  detail: "The database does not answer; nothing of this request was kept. Send it again later."
})

/** Ingest over HTTP. Reads the body itself, since one bad event must not spoil a batch. */
export const IngestHandlers = HttpApiBuilder.group(
  TrackerApi,
  "ingest",
  Effect.fn(function*(handlers) {
    const store = yield* EventStore
    return handlers.handleRaw("events", ({ request }) =>
      Effect.gen(function*() {
        const { tenantId } = yield* CurrentPrincipal
        const read = yield* batchReader(request.headers["content-type"])
        const { lost, values } = yield* read(yield* readBody(request))
        if (values.length > maxEvents) return yield* tooManyEvents
        return yield* ingest(tenantId, values, traceOf(request.headers["traceparent"]), lost)
      }).pipe(
        Effect.provideService(EventStore, store),
        Effect.catchTag("StoreUnavailable", () => Effect.fail(unavailable))
      ))
  })
)
