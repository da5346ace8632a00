import type { Batch, SendResult } from "./Batch.ts"

/** What to do with a batch that was not accepted, and what that says about the endpoint. */
export interface AfterNotTaken {
  readonly step: "split" | "reject" | "postpone" | "returnAll"
  /** The endpoint works and accepts events: the fault lies with this batch. */
  readonly isProven: boolean
}

/**
 * After a 400, 413 or 422, retries halves down to the single event at fault. An event passed to `deliver` is rejected
 * only when proven to be at fault: its caller has a copy, and a proxy that answers 400 to everything must not empty an
 * outbox. The first event refused without proof is postponed. If a second is refused with nothing accepted in between,
 * the rest of its call is returned, since every other event would take as long.
 * @param newestAcknowledged number of the newest acknowledged request
 */
export const afterNotTaken = (
  { call, firstNotTaken = 0, items }: Batch,
  { isUnderstood, status }: Extract<SendResult, { kind: "NotTaken" }>,
  newestAcknowledged: number
): AfterNotTaken => {
  const isProven = call === undefined || status === 413 || isUnderstood || newestAcknowledged > firstNotTaken
  const isSingle = items.length === 1
  if (isSingle && isProven) return { step: "reject", isProven }
  const returns = call !== undefined && (call.isOver || (isSingle && newestAcknowledged <= call.suspectedAt))
  return { step: returns ? "returnAll" : isSingle ? "postpone" : "split", isProven }
}
