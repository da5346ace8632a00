import type { TimelineEvent } from "../../api/views.ts"
import { type Colour, coloured } from "./colour.ts"
import { eventError } from "./error.ts"
import { inLines } from "./records.ts"
import { aligned, cells, harmless } from "./text.ts"
import { duration, instant } from "./time.ts"
import { timelineTree, type TreeEntry } from "./timelineTree.ts"
import type { View } from "./View.ts"

/** Maximum indentation levels shown; deeper events stay at the last one. */
const deepest = (width: number) => Math.max(2, Math.min(20, Math.floor(width / 8)))

const atWidth = 12

/** Indentation if nothing fits beside the type. */
const below = " ".repeat(6)

const entryLines = (entry: TreeEntry, error: string, view: View): ReadonlyArray<string> => {
  const { atSeconds, depth, event, idleSeconds, isNewTask, tookSeconds } = entry
  const at = aligned(`${atSeconds < 0 ? "-" : "+"}${duration(Math.abs(atSeconds))}`, atWidth)
  const branch = depth === 0 ? "" : `${"  ".repeat(Math.min(depth, deepest(view.width)) - 1)}└ `
  const type = harmless(event.event_type)
  const marks: ReadonlyArray<readonly [Colour, string]> = [
    ["yellow", tookSeconds === undefined ? "" : duration(tookSeconds)],
    ["red", event.superseded ? "superseded" : ""],
    ["dim", isNewTask ? harmless(event.task_id ?? "") : ""],
    ["red", error]
  ]
  const shown = marks.filter(([, text]) => text !== "").map(([colour, text]) => coloured(view, colour, text))
  const taken = cells([`${at}  ${branch}${type}`, ...marks.flatMap(([, text]) => text === "" ? [] : [text])].join("  "))
  const head = `${coloured(view, "dim", at)}  ${branch}${coloured(view, "cyan", type)}`
  return [
    ...(idleSeconds === undefined ? [] : [
      coloured(view, "dim", `${" ".repeat(atWidth)}  … ${duration(idleSeconds)} idle`)
    ]),
    ...taken <= view.width ? [[head, ...shown].join("  ")] : [
      head,
      ...marks.flatMap(([colour, text]) =>
        inLines(text === "" ? [] : text.split(" "), view.width - below.length, " ").map((line) =>
          below + coloured(view, colour, line)
        )
      )
    ]
  ]
}

/** Each event's error; omitted if the previous one was the same. */
const errors = (entries: ReadonlyArray<TreeEntry>): ReadonlyArray<string> => {
  const texts = entries.map(({ event }) => eventError(event.data))
  return texts.map((text, index) => text === texts[index - 1] ? "" : text)
}

/**
 * A plan's timeline as a tree: when, what caused what, how long it took, what went wrong; a period in which nothing
 * happened is one line.
 */
export const timelineLines = (
  timeline: { readonly trace_id: string | null; readonly events: ReadonlyArray<TimelineEvent> },
  view: View
): ReadonlyArray<string> => {
  const [first] = timeline.events
  if (first === undefined) return ["The plan has no events any more: retention has dropped them."]
  const { length } = timeline.events
  const tree = timelineTree(timeline.events)
  const texts = errors(tree)
  return [
    ...inLines([
      `${length} ${length === 1 ? "event" : "events"} from ${instant(first.timestamp)}`,
      ...(timeline.trace_id === null ? [] : [`trace ${harmless(timeline.trace_id)}`])
    ], view.width),
    ...tree.flatMap((entry, index) => entryLines(entry, texts[index] ?? "", view))
  ]
}
