import { Context, type Effect } from "effect"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** What a tenant has sent, and what of it is not there. */
export interface IngestSummary {
  /** Events by what they were answered: `accepted`, `duplicate`, or the code for which they were refused. */
  readonly verdicts: ReadonlyMap<string, number>
  /** What trackers say that they gave up, over all trackers of a service. */
  readonly losses: ReadonlyArray<{ readonly serviceKey: string; readonly reason: string; readonly count: number }>
  /** Numbers that no event of an incarnation had, up to its greatest; by incarnation, the greatest id first. */
  readonly gaps: ReadonlyArray<{ readonly incarnationId: string; readonly from: number; readonly to: number }>
}

/** Most incarnations that are looked at for gaps, and most gaps that are told. */
export const gapBounds = { incarnations: 100, gaps: 500 }

/** Port. How taking in goes. */
export class IngestQueries extends Context.Service<IngestQueries, {
  readonly summary: (tenantId: string) => Effect.Effect<IngestSummary, StoreUnavailable>
}>()("@durable-effect/tracker-server/IngestQueries") {}
