import { Context, type Effect } from "effect"
import type { RejectionCode } from "../api/views.ts"
import type { Rejected } from "../ingest/Rejected.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** A stored rejected event. */
export interface StoredRejected extends Rejected {
  readonly id: string
  readonly receivedAt: string
}

/** A position in a list of rejected events: after the one with this instant and id. */
export interface RejectedPosition {
  readonly receivedAt: string
  readonly id: string
}

/** Which rejected events to return. */
export interface RejectedPageRequest {
  /** Only events rejected with this code; null for all. */
  readonly code: RejectionCode | null
  readonly first: "newest" | "oldest"
  readonly after: RejectedPosition | null
  /** Only events received at this instant or before; null for all. */
  readonly until: string | null
  readonly limit: number
}

/** At most `limit` of them and about 4 MiB, but at least one if there is any. */
export interface RejectedPage {
  readonly events: ReadonlyArray<StoredRejected>
  readonly isLast: boolean
}

/** Port: a tenant's rejected events, kept until they are accepted after all or retention deletes them. */
export class RejectedStore extends Context.Service<RejectedStore, {
  readonly page: (tenantId: string, request: RejectedPageRequest) => Effect.Effect<RejectedPage, StoreUnavailable>
  /** Number of events by rejection code. */
  readonly counts: (tenantId: string) => Effect.Effect<{ readonly [code: string]: number }, StoreUnavailable>
  readonly remove: (tenantId: string, ids: ReadonlyArray<string>) => Effect.Effect<void, StoreUnavailable>
  /** The hash, in hexadecimal, stored under each of these event ids; unused ids are omitted. */
  readonly storedHashes: (
    tenantId: string,
    eventIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, string>, StoreUnavailable>
}>()("@durable-effect/tracker-server/RejectedStore") {}
