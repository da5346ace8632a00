import type { Batch, SendResult } from "./Batch.ts"

/** What to do with a batch that holds something the endpoint does not take, and what its answer says of the endpoint. */
export interface AfterNotTaken {
  readonly step: "split" | "reject" | "putOff" | "giveBack"
  /** The endpoint is there and takes events: something is wrong with this batch, and not with everything. */
  readonly isProven: boolean
}

/**
 * After a 400, 413 or 422 halves are tried, down to the single event at fault. One that was given to `deliver` is rejected
 * only when it is proven to be at fault: its giver has a copy, and a proxy that answers 400 to everything must not empty
 * an outbox. The first that is refused without proof is put off; with the second, nothing taken in between, its whole call
 * is given up, since every other event would take as long.
 * @param newestAcknowledged number of the newest request that was
 */
export const afterNotTaken = (
  { call, firstNotTaken = 0, items }: Batch,
  { isUnderstood, status }: Extract<SendResult, { kind: "NotTaken" }>,
  newestAcknowledged: number
): AfterNotTaken => {
  const isProven = call === undefined || status === 413 || isUnderstood || newestAcknowledged > firstNotTaken
  const isSingle = items.length === 1
  if (isSingle && isProven) return { step: "reject", isProven }
  const goesBack = call !== undefined && (call.isOver || (isSingle && newestAcknowledged <= call.suspectedAt))
  return { step: goesBack ? "giveBack" : isSingle ? "putOff" : "split", isProven }
}
