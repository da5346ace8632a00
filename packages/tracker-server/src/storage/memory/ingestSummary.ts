import { compareBytes } from "../../projection/Fact.ts"
import { missing } from "../../projection/sequences.ts"
import { gapBounds, type IngestSummary } from "../IngestQueries.ts"
import type { MemoryTenant } from "./MemoryTenant.ts"

/** Sums over the trackers of a service. */
const lossesOf = ({ losses }: MemoryTenant): IngestSummary["losses"] => {
  const sums = new Map<string, IngestSummary["losses"][number]>()
  for (const { count, reason, serviceKey } of losses.values()) {
    const name = JSON.stringify([serviceKey, reason])
    sums.set(name, {
      serviceKey,
      reason,
      count: Math.min(Number.MAX_SAFE_INTEGER, count + (sums.get(name)?.count ?? 0))
    })
  }
  return [...sums.values()].sort((left, right) =>
    compareBytes(left.serviceKey, right.serviceKey) || compareBytes(left.reason, right.reason)
  )
}

export const ingestSummary = (tenant: MemoryTenant): IngestSummary => ({
  verdicts: tenant.verdicts,
  losses: lossesOf(tenant),
  gaps: [...tenant.facts.plans.values()]
    .map(({ planId, sequences }) => ({ incarnationId: planId, gaps: missing(sequences) }))
    .filter(({ gaps }) => gaps.length > 0)
    .sort((left, right) => compareBytes(right.incarnationId, left.incarnationId)).slice(0, gapBounds.incarnations)
    .flatMap(({ gaps, incarnationId }) => gaps.map((gap) => ({ incarnationId, ...gap })))
    .slice(0, gapBounds.gaps)
})
