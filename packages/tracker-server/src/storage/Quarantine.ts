import { Context, type Effect } from "effect"
import type { RejectionCode } from "../api/views.ts"
import type { Rejected } from "../ingest/Rejected.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** A refused event as it is kept. */
export interface KeptEvent extends Rejected {
  readonly id: string
  readonly receivedAt: string
}

/** A place in a list of refused events: after the one with this instant and id. */
export interface KeptPosition {
  readonly receivedAt: string
  readonly id: string
}

/** Which refused events are asked for. */
export interface KeptRequest {
  /** Those refused for this reason alone; null for all. */
  readonly code: RejectionCode | null
  readonly first: "newest" | "oldest"
  readonly after: KeptPosition | null
  /** Those received at this instant or before; null for all. */
  readonly until: string | null
  readonly limit: number
}

/** At most `limit` of them and about 4 MiB, at least one where there is one. */
export interface KeptPage {
  readonly events: ReadonlyArray<KeptEvent>
  readonly isLast: boolean
}

/** Port. The events of a tenant that were refused, until they are taken after all or retention lets go of them. */
export class Quarantine extends Context.Service<Quarantine, {
  readonly page: (tenantId: string, request: KeptRequest) => Effect.Effect<KeptPage, StoreUnavailable>
  /** How many there are, by the reason why they were refused. */
  readonly counts: (tenantId: string) => Effect.Effect<{ readonly [code: string]: number }, StoreUnavailable>
  readonly remove: (tenantId: string, ids: ReadonlyArray<string>) => Effect.Effect<void, StoreUnavailable>
  /** The hash of what is stored under each of these event ids; those that are free left out. */
  readonly storedHashes: (
    tenantId: string,
    eventIds: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, Uint8Array>, StoreUnavailable>
}>()("@durable-effect/tracker-server/Quarantine") {}
