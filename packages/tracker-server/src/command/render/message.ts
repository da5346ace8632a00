import { Predicate } from "effect"
import type { StreamMessage } from "../../api/StreamApi.ts"
import { coloured } from "./colour.ts"
import { eventError } from "./error.ts"
import { inLines } from "./records.ts"
import { cells, fitted, harmless, padded } from "./text.ts"
import type { View } from "./View.ts"

/** Cells of the columns that most types and names fit into; longer ones stay whole. */
const [typeWidth, nameWidth] = [24, 24]

/** Maximum cells of what an event says; `--json` has the whole text. */
const longest = 200

/** The fields of events' data in which people are told something, in the order of reading. */
const telling = ["title", "name", "new_state", "message", "reason"]

const saidIn = (data: unknown): string =>
  fitted(
    telling.flatMap((field) => {
      const said = Predicate.hasProperty(data, field) ? data[field] : undefined
      return typeof said === "string" && said !== "" ? [harmless(said)] : []
    }).join(", "),
    longest
  )

/**
 * A message of the stream: when, what, of which plan and task, and what it says or what went wrong.
 * @param name what people call the plan; without one, the event's source stands there
 */
export const messageLines = (message: StreamMessage, name: string | undefined, view: View): ReadonlyArray<string> => {
  if (message.event === "reset") return ["Events that retention has passed are left out here."]
  const { data, event_type, plan_id, source, task_id, timestamp } = message.data
  const time = timestamp.replace(/^[^T]*T/, "").replace(/(\.\d{3})\d+/, "$1")
  const type = harmless(event_type)
  const whose = harmless(name ?? source ?? "–")
  const ids = [plan_id, task_id].flatMap((id) => typeof id === "string" ? [harmless(id)] : [])
  const error = eventError(data)
  const said = error === "" ? saidIn(data) : error
  const mark = (text: string) => text === "" ? [] : [error === "" ? text : coloured(view, "red", text)]
  const head = (type: string) => `${coloured(view, "dim", time)}  ${coloured(view, "cyan", type)}`
  const whole = [time, padded(type, typeWidth), padded(whose, nameWidth), ...ids, said].join("  ")
  return cells(whole.trimEnd()) <= view.width
    ? [[head(padded(type, typeWidth)), padded(whose, nameWidth), ...ids, ...mark(said)].join("  ").trimEnd()]
    : [
      head(type),
      ...whose === "–" ? [] : [`  ${whose}`],
      ...ids.map((id) => `  ${id}`),
      ...inLines(said.split(" "), view.width - 2, " ").flatMap(mark).map((line) => `  ${line}`)
    ]
}
