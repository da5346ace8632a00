import { Context, type Effect } from "effect"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** What a tenant has sent, and what is missing. */
export interface IngestSummary {
  /** Number of events by outcome: `accepted`, `duplicate`, or the code with which they were rejected. */
  readonly verdicts: ReadonlyMap<string, number>
  /** Losses that trackers reported, summed over all trackers of a service. */
  readonly losses: ReadonlyArray<{ readonly serviceKey: string; readonly reason: string; readonly count: number }>
  /** Sequence numbers missing from an incarnation, up to its largest; by incarnation, greatest id first. */
  readonly gaps: ReadonlyArray<{ readonly incarnationId: string; readonly from: number; readonly to: number }>
}

/** Maximum number of incarnations checked for gaps, and of gaps reported. */
export const gapBounds = { incarnations: 100, gaps: 500 }

/** Port: ingest health. */
export class IngestQueries extends Context.Service<IngestQueries, {
  readonly summary: (tenantId: string) => Effect.Effect<IngestSummary, StoreUnavailable>
}>()("@durable-effect/tracker-server/IngestQueries") {}
