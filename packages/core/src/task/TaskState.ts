import { Schema } from "effect"

/** What a task can be in. `completed`, `failed` and `cancelled` are its ends. */
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

/** Whether nothing comes after this state. */
export const isTerminal = (state: TaskState): boolean => terminal.has(state)
