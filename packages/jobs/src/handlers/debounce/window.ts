import { lastInstant } from "../../execution/lastInstant.ts"

/** When a definition flushes its buffers. */
export interface Window {
  readonly flushAfterMs: number
  readonly maxEvents: number | undefined
  readonly mode: "window" | "trailing"
  readonly maxWaitMs: number
}

/** When a buffer is flushed, given the instants of its first and last events, epoch milliseconds. */
export const flushAtOf = (
  { flushAfterMs, maxWaitMs, mode }: Window,
  { lastAt, startedAt }: { readonly startedAt: number; readonly lastAt: number }
): number => {
  const at = mode === "window" ? startedAt + flushAfterMs : Math.min(lastAt + flushAfterMs, startedAt + maxWaitMs)
  return Math.min(at, lastInstant)
}

/** Whether a buffer with this many events is flushed immediately. */
export const isFull = ({ maxEvents }: Window, eventCount: number): boolean =>
  maxEvents !== undefined && eventCount >= maxEvents
