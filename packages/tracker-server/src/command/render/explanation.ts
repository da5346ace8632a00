import type { Explanation } from "../../api/views.ts"
import { coloured } from "./colour.ts"
import { type Cell, records } from "./records.ts"
import { fitted, harmless } from "./text.ts"
import { instant } from "./time.ts"
import type { View } from "./View.ts"

const longest = 60

const valueText = (value: unknown): string =>
  fitted(harmless(typeof value === "string" ? value : JSON.stringify(value) ?? "–"), longest)

const why = {
  older: "another event says it better",
  superseded: "the task's end overrules it"
}

/**
 * The event that determined each field of a task, and the events that determine nothing.
 * @param types the types of events by id, as far as they are known
 */
export const explanationLines = (
  { fields, ignored, task_id }: typeof Explanation.Type,
  types: ReadonlyMap<string, string>,
  view: View
): ReadonlyArray<string> => [
  coloured(view, "bold", harmless(task_id)),
  ...records(
    [{ name: "FIELD" }, { name: "VALUE" }, { name: "AT" }, { name: "DECIDED BY" }, { name: "EVENT" }],
    Object.entries(fields).map(([name, { event_id, timestamp, value }]): ReadonlyArray<Cell> => [
      { text: name },
      { text: value === null ? "–" : valueText(value) },
      { text: timestamp === null ? "–" : instant(timestamp) },
      { text: types.get(event_id ?? "") ?? "–" },
      { text: event_id ?? "–" }
    ]),
    view
  ),
  ...(ignored.length === 0 ? [] : [
    "",
    "Events that decide nothing",
    ...records(
      [{ name: "EVENT" }, { name: "TYPE" }, { name: "WHY" }],
      ignored.map(({ event_id, event_type, reason }): ReadonlyArray<Cell> => [
        { text: event_id },
        { text: event_type },
        { text: why[reason] }
      ]),
      view
    )
  ])
]
