import { Context, type Effect, Schema } from "effect"
import type { Actor } from "../identity/Actor.ts"
import type { ActorRevoked } from "../identity/ApiKeys.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** Rows per table, omitting tables without rows. */
export type RowCounts = { readonly [table: string]: number }

/** A rebuild would restore what is being erased. */
export class ErasureHeldUp extends Schema.TaggedError<ErasureHeldUp>()("ErasureHeldUp", {}) {
  override get message() {
    return "A rebuild is running on this database and would bring back what is erased. Erase again when it is over."
  }
}

/** Port: everything stored about a tenant: events, their projections, rejected events and its keys. */
export class TenantErasure extends Context.Service<TenantErasure, {
  /** How much is stored now. */
  readonly count: (tenantId: string) => Effect.Effect<RowCounts, StoreUnavailable>
  /**
   * Permanently deletes all of it and returns how much it was. First go the tenant's keys, except the requesting one;
   * then the rows, in small chunks; finally, in one transaction, whatever arrived in the meantime and the requesting
   * key. Anything stored after that is new. If interrupted, repeat the request; it continues where it stopped. Recorded
   * in the audit log at the beginning and at the end. Cannot run beside a rebuild.
   * @param by who requests it; a key of this tenant stays valid until the end. Revoking it stops the erasure
   */
  readonly erase: (
    tenantId: string,
    by: Actor
  ) => Effect.Effect<RowCounts, StoreUnavailable | ErasureHeldUp | ActorRevoked>
}>()("@durable-effect/tracker-server/TenantErasure") {}
