import type { StreamMessage } from "../../api/StreamApi.ts"
import { coloured } from "./colour.ts"
import { eventError } from "./error.ts"
import { inLines } from "./records.ts"
import { cells, harmless, padded } from "./text.ts"
import type { View } from "./View.ts"

/** A message of the stream: when, what, of which plan and task, and what went wrong. */
export const messageLines = (message: StreamMessage, view: View): ReadonlyArray<string> => {
  if (message.event === "reset") return ["Events that retention has passed are left out here."]
  const { data, event_type, plan_id, task_id, timestamp } = message.data
  const time = timestamp.replace(/^[^T]*T/, "").replace(/(\.\d{3})\d+/, "$1")
  const type = harmless(event_type)
  const ids = [plan_id, task_id].flatMap((id) => typeof id === "string" ? [harmless(id)] : [])
  const head = (type: string) => `${coloured(view, "dim", time)}  ${coloured(view, "cyan", type)}`
  const error = eventError(data)
  const whole = [time, padded(type, 24), ...ids, error].join("  ")
  const red = (text: string) => text === "" ? [] : [coloured(view, "red", text)]
  return cells(whole.trimEnd()) <= view.width
    ? [[head(padded(type, 24)), ...ids, ...red(error)].join("  ").trimEnd()]
    : [
      head(type),
      ...ids.map((id) => `  ${id}`),
      ...inLines(error.split(" "), view.width - 2, " ").flatMap(red).map((line) => `  ${line}`)
    ]
}
