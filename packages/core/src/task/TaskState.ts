import { Schema } from "effect"

/** The states of a task. `completed`, `failed` and `cancelled` are terminal. */
export const TaskState = Schema.Literals([
  "pending",
  "running",
  "delegated",
  "waiting",
  "completed",
  "failed",
  "cancelled"
])
export type TaskState = typeof TaskState.Type

const terminal: ReadonlySet<TaskState> = new Set(["completed", "failed", "cancelled"])

/** Whether a state is terminal. */
export const isTerminal = (state: TaskState): boolean => terminal.has(state)
