import type { Task } from "../../api/views.ts"
import { stateColour } from "./colour.ts"
import { errorText } from "./error.ts"
import { type Cell, records } from "./records.ts"
import { durationOrNot, instant } from "./time.ts"
import type { View } from "./View.ts"

const columns = [
  { name: "TASK" },
  { name: "STATE" },
  { name: "TOOK", isNumber: true },
  { name: "STARTED" },
  { name: "AGENT" },
  { name: "WHAT" }
]

/** What a task is about: why it failed, otherwise its last message, otherwise its type. */
const about = ({ attempt = 1, error, event_type, message, progress }: Task): string =>
  [
    error === undefined ? message ?? event_type ?? "" : errorText(error),
    ...(progress === undefined ? [] : [`${Math.round(progress * 100)} %`]),
    ...(attempt > 1 ? [`attempt ${attempt}`] : [])
  ].filter((part) => part !== "").join(", ")

/** Tasks, one per line. */
export const tasksLines = (tasks: ReadonlyArray<Task>, view: View): ReadonlyArray<string> =>
  tasks.length === 0 ? ["The plan has no tasks yet."] : records(
    columns,
    tasks.map((task): ReadonlyArray<Cell> => [
      { text: task.task_id },
      {
        text: task.stalled ? `${task.state}, stalled` : task.state,
        colour: task.stalled ? "red" : stateColour[task.state]
      },
      { text: durationOrNot(task.duration_seconds) },
      { text: task.started_at === null ? "–" : instant(task.started_at) },
      { text: task.agent_id ?? "" },
      { text: about(task) }
    ]),
    view
  )
