import { Effect } from "effect"
import type { IngestAnswer, Rejection } from "../api/views.ts"
import { type Batch, conflictDetail, EventStore, type Verdict } from "../storage/EventStore.ts"
import type { Decoded } from "./decode.ts"
import type { IncomingEvent } from "./IncomingEvent.ts"
import { instantNow } from "./instantNow.ts"
import type { Lost } from "./Lost.ts"
import type { Rejected } from "./Rejected.ts"

/** Where a batch comes from, as far as its transport knows. */
export interface Sender {
  /** The trace of the request that carried it. */
  readonly requestTraceId?: string | null
  /** The key it was sent with, which must still be valid when the batch is written. */
  readonly keyId?: string | null
}

/** The content of a body. */
export interface Content {
  readonly decoded: ReadonlyArray<Decoded>
  /** The sender's losses so far. */
  readonly lost: Lost | null
}

/** A body to be decoded when its turn comes. */
export interface Body<E> {
  readonly bytes: number
  readonly decode: Effect.Effect<Content, E>
}

/** A batch that remembers the place of each of its events in the request. */
interface PlacedBatch extends Batch {
  readonly indexes: ReadonlyArray<number>
  readonly rejections: ReadonlyArray<Rejection>
}

const placed = (
  { decoded, lost }: Content,
  { keyId = null, requestTraceId = null }: Sender,
  rereads: ReadonlyArray<string>,
  receivedAt: string
): PlacedBatch => {
  const events: Array<IncomingEvent> = []
  const indexes: Array<number> = []
  const rejected: Array<Rejected> = []
  const rejections: Array<Rejection> = []
  for (const [index, result] of decoded.entries()) {
    if (result._tag === "Event") {
      events.push(result.event)
      indexes.push(index)
    } else {
      const { code, detail, eventId } = result.rejected
      rejected.push(result.rejected)
      rejections.push({ index, eventId, code, detail, retryable: false })
    }
  }
  return { events, rejected, reception: { receivedAt, requestTraceId }, lost, keyId, rereads, indexes, rejections }
}

const answerOf = (
  { events, indexes, rejections }: PlacedBatch,
  verdicts: ReadonlyArray<Verdict>
): IngestAnswer => {
  const conflicts = events.flatMap(({ eventId }, i): ReadonlyArray<Rejection> =>
    verdicts[i] === "id_conflict"
      ? [{ index: indexes[i] ?? i, eventId, code: "id_conflict", detail: conflictDetail, retryable: false }]
      : []
  )
  return {
    accepted: verdicts.filter((verdict) => verdict === "accepted").length,
    duplicates: verdicts.filter((verdict) => verdict === "duplicate").length,
    rejected: [...rejections, ...conflicts].sort((left, right) => left.index - right.index)
  }
}

const append = <E>(
  tenantId: string,
  { bytes, decode }: Body<E>,
  sender: Sender,
  rereads: ReadonlyArray<string>
) =>
  Effect.gen(function*() {
    const store = yield* EventStore
    const receivedAt = yield* instantNow
    const { batch, verdicts } = yield* store.append(tenantId, {
      bytes,
      decode: Effect.map(decode, (content) => placed(content, sender, rereads, receivedAt))
    })
    return answerOf(batch, verdicts)
  }).pipe(Effect.withSpan("ingest", {}, { captureStackTrace: false }))

/**
 * The single entry point for all transports: stores the events of a body in one transaction and returns each one's
 * outcome once it is committed. They count as received now, however long the body waits to be decoded.
 */
export const ingest = <E>(tenantId: string, body: Body<E>, sender: Sender) =>
  Effect.catchTag(append(tenantId, body, sender, []), "RejectedGone", Effect.die)

const bytesOf = (decoded: ReadonlyArray<Decoded>): number =>
  decoded.reduce((sum, result) => sum + (result._tag === "Event" ? result.event.bytes : 0), 0)

const decodedBody = (decoded: ReadonlyArray<Decoded>, lost: Lost | null): Body<never> => ({
  bytes: bytesOf(decoded),
  decode: Effect.succeed({ decoded, lost })
})

/** `ingest` for events that are decoded already. */
export const ingestDecoded = (
  tenantId: string,
  decoded: ReadonlyArray<Decoded>,
  { lost = null, ...sender }: Sender & { readonly lost?: Lost | null } = {}
) => ingest(tenantId, decodedBody(decoded, lost), sender)

/**
 * `ingest` for rejected events, decoded again. Fails with `RejectedGone`, and stores nothing, if one of them is no
 * longer there.
 * @param ids their ids in `RejectedStore`
 */
export const ingestAgain = (
  tenantId: string,
  decoded: ReadonlyArray<Decoded>,
  ids: ReadonlyArray<string>,
  sender: Sender
) => append(tenantId, decodedBody(decoded, null), sender, ids)
