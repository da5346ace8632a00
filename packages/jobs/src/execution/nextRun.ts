import type { CatchUp, ContinuousSchedule } from "../Schedule.ts"

/** A tick no later than this, with none after it, does not count as missed even if the runtime came up after it. */
export const lateAtMostMs = 10_000

export interface LastRun {
  /** When the instance was started: tick 0 of an interval. */
  readonly anchor: number
  /** When the last attempt began; the anchor if none has. */
  readonly begunAt: number
  /** When it ended. */
  readonly now: number
  /** Up to when, inclusive, each tick has had its run, if each gets one. */
  readonly servedUntil?: number | undefined
}

export interface DueTick {
  readonly anchor: number
  readonly tick: number
  readonly now: number
  /** Since when this runtime could have run it. */
  readonly upSince: number
}

type TickAfter = (instant: number) => number

/** The start has its own run, so tick 0 does not count; ticks before it exist in case a clock is set back. */
const tickNumberAfter = (intervals: number): number => {
  const next = Math.floor(intervals) + 1
  return next === 0 ? 1 : next
}

/** The first tick after an instant. With a fixed delay, the next tick is counted from a run. */
const tickAfterOf = (schedule: ContinuousSchedule, anchor: number): TickAfter => {
  if (schedule._tag === "Cron") return schedule.tickAfter
  const { intervalMs, mode } = schedule
  return mode === "fixedDelay"
    ? (instant) => instant + intervalMs
    : (instant) => anchor + tickNumberAfter((instant - anchor) / intervalMs) * intervalMs
}

const hasFixedDelay = (schedule: ContinuousSchedule): boolean =>
  schedule._tag === "Every" && schedule.mode === "fixedDelay"

/** The last tick until `now`, inclusive, or the first one after `from` if that is later. */
const latestTick = (tickAfter: TickAfter, from: number, now: number): number => {
  const first = tickAfter(from)
  if (first >= now) return first
  // Binary search between these two for the last tick that has passed.
  let [passed, coming] = [from, now]
  while (coming - passed > 1) {
    const middle = Math.floor((passed + coming) / 2)
    if (tickAfter(middle) <= now) passed = middle
    else coming = middle
  }
  return tickAfter(passed)
}

/**
 * When a continuous job runs next: at the first tick after the last run began. If ticks passed during the run, with
 * `latest` at the last of them, hence immediately, so that one run makes up for all; with `skip` at the first that has
 * not passed; with `all` at the first without a run. With a fixed delay: one interval after the end.
 */
export const nextRun = (
  schedule: ContinuousSchedule,
  catchUp: CatchUp,
  { anchor, begunAt, now, servedUntil }: LastRun
): number => {
  const tickAfter = tickAfterOf(schedule, anchor)
  if (hasFixedDelay(schedule)) return tickAfter(now)
  switch (catchUp) {
    case "skip":
      return tickAfter(Math.max(begunAt, now - 1))
    case "latest":
      return latestTick(tickAfter, begunAt, now)
    case "all":
      return tickAfter(servedUntil ?? begunAt)
  }
}

/**
 * Whether a due tick came while no runtime was up to run it, so that `skip` leaves it out. A tick that waited for its
 * turn in a running runtime is late, not missed, however long it waited.
 */
export const wasMissed = (schedule: ContinuousSchedule, { anchor, now, tick, upSince }: DueTick): boolean =>
  !hasFixedDelay(schedule) && tick < upSince &&
  (now - tick > lateAtMostMs || tickAfterOf(schedule, anchor)(tick) <= now)
