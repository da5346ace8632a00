import type { Every } from "../Continuous.ts"

export interface LastRun {
  /** When the instance was started: tick 0. */
  readonly anchor: number
  /** When the last attempt began; the anchor when none has. */
  readonly begunAt: number
  /** When it ended. */
  readonly now: number
}

/**
 * When a continuous job runs next. At a fixed rate: at the first tick after the last run began or, when ticks passed
 * during the run, at the latest of them, which is at once; so however many were missed, one run makes up for them.
 * With a fixed delay: one interval after the end.
 */
export const nextRun = ({ intervalMs, mode }: Every, { anchor, begunAt, now }: LastRun): number => {
  if (mode === "fixedDelay") return now + intervalMs
  const tickAt = (n: number) => anchor + n * intervalMs
  const firstAfter = Math.floor((begunAt - anchor) / intervalMs) + 1
  const latestPassed = Math.floor((now - anchor) / intervalMs)
  return tickAt(Math.max(1, firstAfter, latestPassed))
}
