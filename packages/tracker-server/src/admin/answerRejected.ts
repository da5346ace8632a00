import { Instant } from "@durable-effect/core"
import { Effect, Schema } from "effect"
import type { RejectedEvent } from "../api/adminViews.ts"
import type { Principal } from "../api/Authorization.ts"
import type { RejectionCode } from "../api/views.ts"
import { unknownKey } from "../identity/authorization.ts"
import { instantNow } from "../ingest/instantNow.ts"
import { shownInstant } from "../projection/instant.ts"
import { type CursorScope, decodeCursor, encodeCursor } from "../query/cursor.ts"
import { pageLimit, type PageRequest } from "../query/page.ts"
import { replay } from "../rejected/replay.ts"
import { RejectedStore, type StoredRejected } from "../storage/RejectedStore.ts"

interface RejectedRequest extends PageRequest {
  readonly code?: RejectionCode | undefined
}

const Uuid = Schema.String.check(Schema.isUUID())

export const rejectedView = ({ body, code, detail, eventId, id, receivedAt }: StoredRejected): RejectedEvent => ({
  rejected_id: id,
  event_id: eventId,
  code,
  detail,
  received_at: shownInstant(receivedAt),
  body
})

const Position = Schema.Tuple([Instant, Uuid])

/** The tenant's rejected events, newest first, and their number by code. */
export const answerRejected = Effect.fn("answerRejected")(function*({ tenantId }: Principal, page: RejectedRequest) {
  const rejectedStore = yield* RejectedStore
  const code = page.code ?? null
  const scope: CursorScope = { tenantId, list: "rejected", id: code ?? "" }
  const limit = yield* pageLimit(page)
  const position = page.cursor === undefined ? undefined : yield* decodeCursor(scope, Position, page.cursor)
  const after = position === undefined ? null : { receivedAt: position[0], id: position[1] }
  const { events, isLast } = yield* rejectedStore.page(tenantId, { code, first: "newest", after, until: null, limit })
  const last = events.at(-1)
  return {
    counts: yield* rejectedStore.counts(tenantId),
    rejected: events.map(rejectedView),
    ...(isLast || last === undefined ? {} : { next_cursor: encodeCursor(scope, [last.receivedAt, last.id]) })
  }
})

/** The last event read, and when the first page was requested. */
const ReplayPosition = Schema.Tuple([Instant, Uuid, Instant])

/** Replays a page of the tenant's rejected events and stores those that are now valid. */
export const replayRejected = Effect.fn("replayRejected")(
  function*(
    { keyId, tenantId }: Principal,
    page: RejectedRequest & { readonly dry_run?: "true" | "false" | undefined }
  ) {
    const code = page.code ?? null
    const dryRun = page.dry_run === "true"
    const scope: CursorScope = { tenantId, list: "replay", id: code ?? "" }
    const limit = yield* pageLimit(page)
    const position = page.cursor === undefined ? undefined : yield* decodeCursor(scope, ReplayPosition, page.cursor)
    const after = position === undefined ? null : { receivedAt: position[0], id: position[1] }
    const until = position === undefined ? yield* instantNow : position[2]
    const { counts, next } = yield* replay(tenantId, { code, dryRun, after, until, limit, keyId })
    return {
      dry_run: dryRun,
      ...counts,
      ...(next === null ? {} : { next_cursor: encodeCursor(scope, [next.receivedAt, next.id, until]) })
    }
  },
  Effect.catchTag("KeyEnded", () => Effect.fail(unknownKey))
)
