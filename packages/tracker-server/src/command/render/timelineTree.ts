import type { TimelineEvent } from "../../api/views.ts"
import { secondsBetween } from "./time.ts"

/** An event at its place in the tree. */
export interface TreeEntry {
  readonly event: TimelineEvent
  /** How many events stand above it. */
  readonly depth: number
  /** Seconds from the first event of the plan. */
  readonly atSeconds: number
  /** From a task's first event to its last, or from an event to the last one below it; left out where there is none. */
  readonly tookSeconds?: number
  /** Whether its task is another than that of the event above. */
  readonly isNewTask: boolean
  /** For how long before it nothing happened and no task was under way; left out where that was not long. */
  readonly idleSeconds?: number
}

interface Span {
  readonly first: TimelineEvent
  last: TimelineEvent
}

/** The first and the last event of each task. */
const taskSpans = (events: ReadonlyArray<TimelineEvent>): ReadonlyMap<string, Span> => {
  const spans = new Map<string, Span>()
  for (const event of events) {
    if (event.task_id === undefined) continue
    const span = spans.get(event.task_id)
    if (span === undefined) spans.set(event.task_id, { first: event, last: event })
    else span.last = event
  }
  return spans
}

/** The event under which each stands: its parent, else the first of its task. Those of which neither is known have none. */
const parents = (events: ReadonlyArray<TimelineEvent>, spans: ReadonlyMap<string, Span>) => {
  const byId = new Map(events.map((event) => [event.event_id, event]))
  const ofTask = (event: TimelineEvent) => spans.get(event.task_id ?? "")?.first
  return new Map(events.flatMap((event) => {
    const parent = byId.get(event.parent_event_id ?? "") ?? ofTask(event)
    return parent === undefined || parent === event ? [] : [[event, parent] as const]
  }))
}

/**
 * Silence before events: nothing was told, and no task was between its first and its last event. `events` are in order of
 * time, but for the few that stand behind their cause.
 */
const idleBefore = (events: ReadonlyArray<TimelineEvent>, spans: ReadonlyMap<string, Span>) => {
  const idle = new Map<TimelineEvent, number>()
  let underWay = 0
  let last: TimelineEvent | undefined
  for (const event of events) {
    const span = spans.get(event.task_id ?? "")
    if (last !== undefined && underWay === 0) {
      const seconds = secondsBetween(last.timestamp, event.timestamp)
      if (seconds > 0) idle.set(event, seconds)
    }
    if (span !== undefined && span.first !== span.last) {
      if (span.first === event) underWay++
      if (span.last === event) underWay--
    }
    last = event
  }
  return idle
}

/** A silence of a second may be told, and of a long story one that is a hundredth of it. */
const shortestIdle = (seconds: number) => Math.max(1, seconds / 100)

/** A plan's events as a tree, each once. Children stand in the order of the timeline; a circle is cut where it begins. */
export const timelineTree = (events: ReadonlyArray<TimelineEvent>): ReadonlyArray<TreeEntry> => {
  const [begin] = events
  const end = events.at(-1)
  if (begin === undefined || end === undefined) return []
  const spans = taskSpans(events)
  const parentOf = parents(events, spans)
  const childrenOf = Map.groupBy(events, (event) => parentOf.get(event))
  const idle = idleBefore(events, spans)
  const shortest = shortestIdle(secondsBetween(begin.timestamp, end.timestamp))

  const seen = new Set<TimelineEvent>()
  const ordered: Array<{ readonly event: TimelineEvent; readonly depth: number }> = []
  const walk = (root: TimelineEvent) => {
    const open = [{ event: root, depth: 0 }]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next.event)) continue
      seen.add(next.event)
      ordered.push(next)
      const depth = next.depth + 1
      for (const event of (childrenOf.get(next.event) ?? []).toReversed()) open.push({ event, depth })
    }
  }
  childrenOf.get(undefined)?.forEach(walk)
  // What is left goes in circles.
  events.forEach((event) => seen.has(event) || walk(event))

  // From the leaves up: a child comes after its parent.
  const lastBelow = new Map<TimelineEvent, TimelineEvent>()
  for (const { event } of ordered.toReversed()) {
    const last = lastBelow.get(event) ?? event
    const parent = parentOf.get(event)
    const known = parent && (lastBelow.get(parent) ?? parent)
    if (parent !== undefined && known !== undefined && last.timestamp > known.timestamp) lastBelow.set(parent, last)
  }

  return ordered.map(({ depth, event }): TreeEntry => {
    const span = spans.get(event.task_id ?? "")
    const last = span?.first === event && span.last !== event ? span.last : lastBelow.get(event)
    const idleSeconds = idle.get(event) ?? 0
    return {
      event,
      depth,
      atSeconds: secondsBetween(begin.timestamp, event.timestamp),
      isNewTask: event.task_id !== parentOf.get(event)?.task_id,
      ...(last === undefined ? {} : { tookSeconds: secondsBetween(event.timestamp, last.timestamp) }),
      ...(idleSeconds >= shortest ? { idleSeconds } : {})
    }
  })
}
