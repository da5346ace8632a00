import { Effect } from "effect"
import type { IngestAnswer, Rejection } from "../api/views.ts"
import { conflictDetail, EventStore } from "../storage/EventStore.ts"
import type { Decoded } from "./decode.ts"
import type { IncomingEvent } from "./IncomingEvent.ts"
import { instantNow } from "./instantNow.ts"
import type { Lost } from "./Lost.ts"
import type { Rejected } from "./Rejected.ts"

/** Where a batch comes from, as far as its transport knows. */
export interface Sender {
  /** The trace of the request that carried it. */
  readonly requestTraceId?: string | null
  /** The sender's losses so far. */
  readonly lost?: Lost | null
  /** The key it was sent with, which must still be valid when the batch is written. */
  readonly keyId?: string | null
}

/**
 * The single entry point for all transports: stores decoded events in one transaction and returns each one's outcome
 * once it is committed.
 */
export const ingestDecoded = Effect.fn("ingest")(
  function*(
    tenantId: string,
    decoded: ReadonlyArray<Decoded>,
    { keyId = null, lost = null, requestTraceId = null }: Sender = {}
  ) {
    const store = yield* EventStore
    const receivedAt = yield* instantNow
    const events: Array<{ readonly index: number; readonly event: IncomingEvent }> = []
    const rejected: Array<Rejected> = []
    const rejections: Array<Rejection> = []
    for (const [index, result] of decoded.entries()) {
      if (result._tag === "Event") {
        events.push({ index, event: result.event })
      } else {
        const { code, detail, eventId } = result.rejected
        rejected.push(result.rejected)
        rejections.push({ index, eventId, code, detail, retryable: false })
      }
    }
    const verdicts = yield* store.append(tenantId, {
      events: events.map(({ event }) => event),
      rejected,
      reception: { receivedAt, requestTraceId },
      lost,
      keyId
    })
    events.forEach(({ event: { eventId }, index }, i) => {
      if (verdicts[i] !== "id_conflict") return
      rejections.push({ index, eventId, code: "id_conflict", detail: conflictDetail, retryable: false })
    })
    const answer: IngestAnswer = {
      accepted: verdicts.filter((verdict) => verdict === "accepted").length,
      duplicates: verdicts.filter((verdict) => verdict === "duplicate").length,
      rejected: rejections.sort((left, right) => left.index - right.index)
    }
    return answer
  }
)
