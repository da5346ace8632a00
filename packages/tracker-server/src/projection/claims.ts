import { isTerminal, type TaskState } from "@durable-effect/core"
import type { TrackedEvent } from "../ingest/IncomingEvent.ts"
import { endRank, type Fact, factKey, unknownFact } from "./Fact.ts"
import type { PlanEnd } from "./PlanExecution.ts"
import type { TaskClaim } from "./TaskExecution.ts"

/**
 * Tie-breaker at the same instant and sequence: the first terminal and the last non-terminal state wins. `pending`
 * never beats anything.
 */
const tie: Record<TaskState, string> = {
  pending: "",
  running: "0",
  delegated: "1",
  waiting: "2",
  failed: "0",
  cancelled: "1",
  completed: "2"
}

/** What accompanies a task's state. */
export type TaskOutcome = Partial<Pick<TaskClaim, "result" | "error" | "message">>

/** What an event says about its task's state. */
export const taskClaim = (
  event: TrackedEvent,
  state: TaskState,
  outcome: TaskOutcome = {}
): Fact<TaskClaim | null> => {
  if (state === "pending") return unknownFact
  const isEnd = isTerminal(state)
  return {
    key: factKey(event, isEnd ? endRank : "1", tie[state]),
    value: {
      state,
      completedAt: isEnd ? event.occurredAt : null,
      result: outcome.result ?? null,
      error: outcome.error ?? null,
      message: outcome.message ?? null
    }
  }
}

/** What an event says about its plan's end. */
export const planEnd = (
  event: TrackedEvent,
  status: PlanEnd["status"],
  outcome: { readonly result?: unknown; readonly error?: unknown } = {}
): Fact<PlanEnd> => ({
  key: factKey(event, endRank, tie[status]),
  value: {
    status,
    completedAt: event.occurredAt,
    result: outcome.result ?? null,
    error: outcome.error ?? null
  }
})

/** Whether an error field indicates an error: null, `""`, `{}`, `[]` and `false` do not. */
export const isError = (error: unknown): boolean =>
  typeof error === "object" && error !== null ? Object.keys(error).length > 0 : Boolean(error)
