import { Context, type Effect, Schema } from "effect"
import type { IncomingEvent } from "../ingest/IncomingEvent.ts"
import type { Lost } from "../ingest/Lost.ts"
import type { Rejected } from "../ingest/Rejected.ts"
import type { Reception } from "../projection/Reception.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** The outcome of an event: `id_conflict` if its id belongs to a stored event with different content. */
export type Verdict = "accepted" | "duplicate" | "id_conflict"

/** One request's events, those rejected before they got here, and its tracker's losses so far. */
export interface Batch {
  readonly events: ReadonlyArray<IncomingEvent>
  readonly rejected: ReadonlyArray<Rejected>
  readonly reception: Reception
  readonly lost: Lost | null
  /** The key it was sent with; null if its transport requires none. */
  readonly keyId: string | null
  /** Ids of the rejected events that it takes in after all; each must still be there when it is written. */
  readonly rereads: ReadonlyArray<string>
}

/** A batch that is decoded when its turn comes: until then it waits as the bytes it arrived in. */
export interface Undecoded<B extends Batch, E> {
  /** Size of the body. */
  readonly bytes: number
  readonly decode: Effect.Effect<B, E>
}

/** A stored batch. */
export interface Appended<B extends Batch> {
  readonly batch: B
  /** The outcome of each of its `events`, in order. */
  readonly verdicts: ReadonlyArray<Verdict>
}

/** The key of a batch was revoked while it was in flight. Nothing of the batch is stored. */
export class KeyEnded extends Schema.TaggedError<KeyEnded>()("KeyEnded", { keyId: Schema.String }) {}

/** Rejected events that a batch takes in have been removed, or erased, meanwhile. Nothing of the batch is stored. */
export class RejectedGone extends Schema.TaggedError<RejectedGone>()("RejectedGone", {}) {}

/** Why a batch may no longer be written. */
export type Outdated = KeyEnded | RejectedGone

/**
 * Port: stores a batch (its timeline, projection and rejected events) all or nothing, and durably once `append`
 * returns. Of several events with one id, the first wins. A batch that cannot be decoded is not stored.
 */
export class EventStore extends Context.Service<EventStore, {
  readonly append: <B extends Batch, E>(
    tenantId: string,
    undecoded: Undecoded<B, E>
  ) => Effect.Effect<Appended<B>, E | Outdated | StoreUnavailable>
}>()("@durable-effect/tracker-server/EventStore") {}

/** The detail for an event whose id is taken. */
export const conflictDetail = "another event with this id is stored and says something else: give each event its own id"
