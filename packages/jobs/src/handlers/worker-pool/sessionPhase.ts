import type { InstanceRecord } from "../../engine/InstanceRecord.ts"
import { isDrained, type PoolRecord } from "../../engine/PoolRecord.ts"
import { isTerminating, isWorking } from "./decide.ts"

/**
 * What a session may do. In every phase but the last it applies the changes of callers and of running items.
 *
 * - `working`: begins items.
 * - `pausing`: begins none for a moment, since a step failed or an outcome could not be stored.
 * - `resting`: begins none any more, since the runtime shuts down.
 * - `closed`: is over. The next change opens another session.
 */
export type Phase = "working" | "pausing" | "resting" | "closed"

export type Occurrence = "trouble" | "pauseOver" | "shutdown" | "idle"

/** What leads from one phase to another; all else leaves it as it is. */
const transitions: { readonly [P in Phase]: { readonly [O in Occurrence]?: Phase } } = {
  working: { trouble: "pausing", shutdown: "resting", idle: "closed" },
  pausing: { pauseOver: "working", shutdown: "resting" },
  resting: { idle: "closed" },
  closed: {}
}

export const phaseAfter = (phase: Phase, occurrence: Occurrence): Phase => transitions[phase][occurrence] ?? phase

/** The shard's record as last committed; `Unread` at first, and after a failed step, which may have changed it. */
export type Stored =
  | { readonly _tag: "Unread" }
  | { readonly _tag: "Read"; readonly record: InstanceRecord | undefined }

/** What a session bases its decisions on. */
export interface Situation {
  readonly phase: Phase
  readonly stored: Stored
  /** Number of items whose code is running. */
  readonly running: number
  /** Number of followers that are running. */
  readonly following: number
  /** Number of calls that wait for the end of the incarnation. */
  readonly waiting: number
  /** Whether one of them is to terminate the pool. */
  readonly isTerminationAwaited: boolean
}

export type RecordAtWork = InstanceRecord & { readonly pool: PoolRecord }

/** The shard's record, if its items may begin now. */
export const recordAtWork = ({ isTerminationAwaited, phase, stored }: Situation): RecordAtWork | undefined =>
  phase === "working" && !isTerminationAwaited && stored._tag === "Read" && isWorking(stored.record)
    ? stored.record
    : undefined

/** When the first pending retry is due; undefined if there is none, or it may not begin. */
export const retryDueAt = (situation: Situation): number | undefined => recordAtWork(situation)?.alarm?.at

/** A termination waits until no item is running, and is then marked as begun. */
const isMarkDue = ({ isTerminationAwaited, running, stored }: Situation) =>
  stored._tag === "Read" && running === 0 && isTerminationAwaited

/** With nothing in hand, the alarm runner decides when the shard is read again: its record may be damaged for good. */
const isReadDue = (situation: Situation) => situation.stored._tag === "Unread" && !isIdle(situation)

/** Whether the incarnation is to be ended. Those who wait for its end are answered too if it is gone by other ways. */
export const isEndDue = ({ stored, waiting }: Situation): boolean => {
  if (stored._tag === "Unread") return false
  const { record } = stored
  if (record?.pool === undefined) return waiting > 0
  return isTerminating(record) || isDrained(record.pool)
}

/** Whether the session needs a step although nothing waits in its mailbox. */
export const isStepDue = (situation: Situation, now: number): boolean => {
  switch (situation.phase) {
    case "working":
      return isReadDue(situation) || isMarkDue(situation) || (retryDueAt(situation) ?? Infinity) <= now
    case "resting":
      return isMarkDue(situation)
    case "pausing":
    case "closed":
      return false
  }
}

/** Whether there is nothing left to wait for. At a shutdown, calls do not count: they are rejected. */
export const isIdle = ({ following, phase, running, waiting }: Situation): boolean => {
  if (running + following > 0) return false
  return phase === "resting" || (phase === "working" && waiting === 0)
}
