import { compareBytes, least } from "../projection/Fact.ts"
import type { TaskExecution } from "../projection/TaskExecution.ts"
import type { TaskSummary } from "./planView.ts"
import { isOpen, taskDue } from "./taskView.ts"

const byOrigin = (left: TaskExecution, right: TaskExecution) => compareBytes(left.origin.key, right.origin.key)

/** Counts a plan's tasks. */
export const taskSummary = (tasks: ReadonlyArray<TaskExecution>): TaskSummary => ({
  taskCount: tasks.length,
  completedTasks: tasks.filter(({ state }) => state.value?.state === "completed").length,
  failedTasks: tasks.filter(({ state }) => state.value?.state === "failed").length,
  startedAt: tasks.reduce<string | null>((first, { startedAt }) => least(first, startedAt), null),
  openDue: tasks.filter(isOpen).reduce<string | null>((first, task) => least(first, taskDue(task)), null),
  traceId: tasks.filter(({ origin }) => origin.value?.traceId !== null).sort(byOrigin)[0]?.origin.value?.traceId ?? null
})
