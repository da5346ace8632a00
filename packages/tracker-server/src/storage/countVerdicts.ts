import type { Batch, Verdict } from "./EventStore.ts"

/** Number of events in these requests by outcome: accepted, duplicate, or rejection code. */
export const countVerdicts = (
  group: ReadonlyArray<Batch>,
  verdicts: ReadonlyArray<ReadonlyArray<Verdict>>
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  const count = (verdict: string) => counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  for (const ofBatch of verdicts) ofBatch.forEach(count)
  for (const { rejected } of group) rejected.forEach(({ code }) => count(code))
  return counts
}
