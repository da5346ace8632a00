import type { TimelineEvent } from "@durable-effect/tracker-server/api"

type Node = Pick<TimelineEvent, "event_id" | "event_type" | "parent_event_id" | "source">

/** Children that look the same, with all below them, are one line with their number. */
const merged = (
  blocks: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<readonly [ReadonlyArray<string>, number]> => {
  const counts = new Map<string, [ReadonlyArray<string>, number]>()
  for (const block of blocks) {
    const found = counts.get(block.join("\n"))
    if (found === undefined) counts.set(block.join("\n"), [block, 1])
    else found[1] += 1
  }
  return [...counts.values()]
}

/** A timeline as a tree: each event below the one that led to it. */
export const treeLines = (events: ReadonlyArray<Node>): ReadonlyArray<string> => {
  const ids = new Set(events.map(({ event_id }) => event_id))
  const childrenOf = Map.groupBy(
    events,
    ({ parent_event_id }) => parent_event_id !== null && ids.has(parent_event_id) ? parent_event_id : null
  )

  const blockOf = ({ event_id, event_type, source }: Node): ReadonlyArray<string> => [
    `${event_type} (${source})`,
    ...below(childrenOf.get(event_id) ?? [])
  ]
  const below = (children: ReadonlyArray<Node>): ReadonlyArray<string> => {
    const blocks = merged(children.map(blockOf))
    return blocks.flatMap(([[first = "", ...rest], count], index) => {
      const isLast = index === blocks.length - 1
      return [
        `${isLast ? "└─" : "├─"} ${first}${count > 1 ? ` ×${count}` : ""}`,
        ...rest.map((line) => `${isLast ? "  " : "│ "} ${line}`)
      ]
    })
  }
  return (childrenOf.get(null) ?? []).flatMap(blockOf)
}
