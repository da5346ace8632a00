import { lastInstant } from "../../execution/lastInstant.ts"

/** When a definition wants its buffers flushed. */
export interface Window {
  readonly flushAfterMs: number
  readonly maxEvents: number | undefined
  readonly mode: "window" | "trailing"
  readonly maxWaitMs: number
}

/** When a buffer is flushed, by the instants of its first and its last event, epoch milliseconds. */
export const flushAtOf = (
  { flushAfterMs, maxWaitMs, mode }: Window,
  { lastAt, startedAt }: { readonly startedAt: number; readonly lastAt: number }
): number => {
  const at = mode === "window" ? startedAt + flushAfterMs : Math.min(lastAt + flushAfterMs, startedAt + maxWaitMs)
  return Math.min(at, lastInstant)
}

/** Whether a buffer of so many events waits no longer. */
export const isFull = ({ maxEvents }: Window, eventCount: number): boolean =>
  maxEvents !== undefined && eventCount >= maxEvents
