import { Context, type Effect, Schema } from "effect"
import type { Actor } from "../identity/Actor.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

/** Rows by table, those with none left out. */
export type RowCounts = { readonly [table: string]: number }

/** A rebuild would write again what is erased meanwhile. */
export class ErasureHeldUp extends Schema.TaggedError<ErasureHeldUp>()("ErasureHeldUp", {}) {
  override get message() {
    return "A rebuild runs on this database and would bring back what is erased. Erase again when it is over."
  }
}

/** Port. Everything that is kept of a tenant: events, what was projected from them, what was refused, and its keys. */
export class TenantErasure extends Context.Service<TenantErasure, {
  /** How much there is now. */
  readonly count: (tenantId: string) => Effect.Effect<RowCounts, StoreUnavailable>
  /**
   * Deletes all of it for good and answers how much it was. First the tenant's keys go, but the one that asks; then the
   * rows, a few at a time; at last, in one transaction, whatever came in meanwhile and the key that asks. What is stored
   * after that moment is new. Cut off in between, it can be asked again and goes on where it was. Noted in the audit log
   * when it begins and when it is done. Not beside a rebuild.
   * @param by whoever asks; a key of this tenant lives until the end
   */
  readonly erase: (tenantId: string, by: Actor) => Effect.Effect<RowCounts, StoreUnavailable | ErasureHeldUp>
}>()("@durable-effect/tracker-server/TenantErasure") {}
