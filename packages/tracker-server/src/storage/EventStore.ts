import { Context, type Effect, Schema } from "effect"
import type { IncomingEvent } from "../ingest/IncomingEvent.ts"
import type { Lost } from "../ingest/Lost.ts"
import type { Rejected } from "../ingest/Rejected.ts"
import type { Reception } from "../projection/Reception.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** What became of an event: `id_conflict` where its id was taken by an event that says something else. */
export type Verdict = "accepted" | "duplicate" | "id_conflict"

/** One request's events, those that were refused before they got here, and what its tracker has lost. */
export interface Batch {
  readonly events: ReadonlyArray<IncomingEvent>
  readonly rejected: ReadonlyArray<Rejected>
  readonly reception: Reception
  readonly lost: Lost | null
  /** The key that it was sent with; null where it came through no door that asks for one. */
  readonly keyId: string | null
}

/** The key that a batch came with was revoked while it was on its way. Nothing of the batch is kept. */
export class KeyEnded extends Schema.TaggedError<KeyEnded>()("KeyEnded", { keyId: Schema.String }) {}

/**
 * Port. Keeps a batch, its timeline, its projection and its rejected events, all or nothing and durably once `append`
 * returns; answers the verdict on each of `events` in their order. Of several events with one id the first wins.
 */
export class EventStore extends Context.Service<EventStore, {
  readonly append: (
    tenantId: string,
    batch: Batch
  ) => Effect.Effect<ReadonlyArray<Verdict>, KeyEnded | StoreUnavailable>
}>()("@durable-effect/tracker-server/EventStore") {}

/** What `append` says of an id that is taken. */
export const conflictDetail = "another event with this id is stored and says something else: give each event its own id"
