import { Effect } from "effect"
import type { IngestHealth } from "../api/statisticsViews.ts"
import { IngestQueries, type IngestSummary } from "../storage/IngestQueries.ts"

const lostOf = (losses: IngestSummary["losses"]): IngestHealth["lost"] =>
  Object.fromEntries(
    [...Map.groupBy(losses, ({ serviceKey }) => serviceKey)].map(([serviceKey, reasons]) => [
      serviceKey,
      Object.fromEntries(reasons.map(({ count, reason }) => [reason, count]))
    ])
  )

/** Ingest health: what was received, lost, and is missing. */
export const answerIngest = Effect.fn("answerIngest")(function*(tenantId: string) {
  const queries = yield* IngestQueries
  const { gaps, losses, verdicts } = yield* queries.summary(tenantId)
  const { accepted = 0, duplicate = 0, ...rejected } = Object.fromEntries(verdicts)
  const health: IngestHealth = {
    accepted,
    duplicates: duplicate,
    rejected,
    lost: lostOf(losses),
    gaps: gaps.map(({ from, incarnationId, to }) => ({ incarnation_id: incarnationId, from, to }))
  }
  return health
})
