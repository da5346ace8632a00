import { Effect } from "effect"
import type { IngestAnswer, RejectionCode } from "../api/views.ts"
import type { Decoded } from "../ingest/decode.ts"
import { ingestAgain } from "../ingest/ingest.ts"
import { instantNow } from "../ingest/instantNow.ts"
import type { EventStore, KeyEnded } from "../storage/EventStore.ts"
import { type RejectedPosition, RejectedStore, type StoredRejected } from "../storage/RejectedStore.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { decodeKept } from "./decodeKept.ts"
import { foresee } from "./foresee.ts"

/** Which rejected events to replay, oldest first. */
export interface ReplayRequest {
  readonly code: RejectionCode | null
  readonly dryRun: boolean
  readonly after: RejectedPosition | null
  /** Only events received at this instant or before: those that this replay rejects again are not for it to read. */
  readonly until: string
  readonly limit: number
  /** The key that requested it; null for a command. */
  readonly keyId: string | null
}

/** The result of replaying rejected events, in the API's terms. */
export interface ReplayCounts {
  readonly replayed: number
  readonly duplicates: number
  /** Rejected again, by their current rejection code. */
  readonly rejected: { readonly [code: string]: number }
  /** Nested too deeply to have been stored. */
  readonly not_kept: number
}

interface Reread {
  readonly event: StoredRejected
  readonly decoded: Decoded
}

const reread = (tenantId: string, event: StoredRejected): ReadonlyArray<Reread> =>
  event.body === null ? [] : [{ event, decoded: decodeKept(tenantId, JSON.parse(event.body)) }]

const forecast = Effect.fnUntraced(function*(tenantId: string, kept: ReadonlyArray<Reread>) {
  const rejectedStore = yield* RejectedStore
  const ids = kept.flatMap(({ decoded }) => decoded._tag === "Event" ? [decoded.event.eventId] : [])
  const stored = yield* rejectedStore.storedHashes(tenantId, [...new Set(ids)])
  return foresee(kept.map(({ decoded }) => decoded), stored)
})

/** Ingests them the regular way and deletes those that were accepted only afterwards: an interruption loses none. */
const takeIn = Effect.fnUntraced(function*(tenantId: string, kept: ReadonlyArray<Reread>, keyId: string | null) {
  const rejectedStore = yield* RejectedStore
  const answer = yield* ingestAgain(
    tenantId,
    kept.map(({ decoded }) => decoded),
    kept.map(({ event }) => event.id),
    { keyId }
  )
  const codes = new Map(answer.rejected.map(({ code, index }) => [index, code]))
  // An event rejected for a different reason than before has just been stored again with that reason.
  const settled = kept.filter(({ event }, i) => codes.get(i) !== event.code)
  yield* rejectedStore.remove(tenantId, settled.map(({ event }) => event.id))
  return answer
})

const countByCode = ({ rejected }: IngestAnswer): { readonly [code: string]: number } => {
  const counts: Record<string, number> = {}
  for (const { code } of rejected) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

const sumOf = (left: ReplayCounts, right: ReplayCounts): ReplayCounts => ({
  replayed: left.replayed + right.replayed,
  duplicates: left.duplicates + right.duplicates,
  rejected: Object.entries(right.rejected).reduce<ReplayCounts["rejected"]>(
    (sum, [code, count]) => ({ ...sum, [code]: (sum[code] ?? 0) + count }),
    left.rejected
  ),
  not_kept: left.not_kept + right.not_kept
})

/** The result of replaying a page. */
interface ReplayedPage {
  readonly counts: ReplayCounts
  /** Where the next page begins; null after the last one. */
  readonly next: RejectedPosition | null
}

const replayPage = Effect.fn("replay")(function*(tenantId: string, request: ReplayRequest) {
  const rejectedStore = yield* RejectedStore
  const { events, isLast } = yield* rejectedStore.page(tenantId, { ...request, first: "oldest" })
  const kept = events.flatMap((event) => reread(tenantId, event))
  const answer = request.dryRun
    ? yield* forecast(tenantId, kept)
    : yield* takeIn(tenantId, kept, request.keyId)
  const last = events.at(-1)
  const counts: ReplayCounts = {
    replayed: answer.accepted,
    duplicates: answer.duplicates,
    rejected: countByCode(answer),
    not_kept: events.length - kept.length
  }
  const next: RejectedPosition | null = isLast || last === undefined
    ? null
    : { receivedAt: last.receivedAt, id: last.id }
  const replayed: ReplayedPage = { counts, next }
  return replayed
})

/** Replays a page of rejected events under today's rules and stores those that are now valid. */
export const replay = (
  tenantId: string,
  request: ReplayRequest
): Effect.Effect<ReplayedPage, KeyEnded | StoreUnavailable, EventStore | RejectedStore> =>
  replayPage(tenantId, request).pipe(
    // Another replay, retention or an erasure has removed some of the page: what is left of it is read again.
    Effect.catchTag("RejectedGone", () => replay(tenantId, request))
  )

const maxPage = 500

/** `replay` for all rejected events present now. */
export const replayAll = Effect.fn("replayAll")(
  function*(tenantId: string, code: RejectionCode | null, dryRun: boolean) {
    const until = yield* instantNow
    let total: ReplayCounts = { replayed: 0, duplicates: 0, rejected: {}, not_kept: 0 }
    let after: RejectedPosition | null = null
    do {
      const request: ReplayRequest = { code, dryRun, after, until, limit: maxPage, keyId: null }
      const { counts, next }: ReplayedPage = yield* replay(tenantId, request)
      total = sumOf(total, counts)
      after = next
    } while (after !== null)
    return total
  },
  Effect.catchTag("KeyEnded", Effect.die)
)
