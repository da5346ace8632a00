import type { TimelineEvent } from "../../api/views.ts"
import { secondsBetween } from "./time.ts"

/** An event and its position in the tree. */
export interface TreeEntry {
  readonly event: TimelineEvent
  /** Number of ancestors. */
  readonly depth: number
  /** Seconds since the first event of the plan. */
  readonly atSeconds: number
  /** From a task's first event to its last, or from an event to its last descendant; absent if there is none. */
  readonly tookSeconds?: number
  /** Whether its task differs from that of the event above. */
  readonly isNewTask: boolean
  /** How long before it nothing happened and no task was in progress; absent if that was short. */
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

/**
 * Each event's parent in the tree: its parent event, otherwise the first event of its task. None if neither is known.
 */
const parents = (events: ReadonlyArray<TimelineEvent>, spans: ReadonlyMap<string, Span>) => {
  const byId = new Map(events.map((event) => [event.event_id, event]))
  const ofTask = (event: TimelineEvent) => spans.get(event.task_id ?? "")?.first
  return new Map(events.flatMap((event) => {
    const parent = byId.get(event.parent_event_id ?? "") ?? ofTask(event)
    return parent === undefined || parent === event ? [] : [[event, parent] as const]
  }))
}

/**
 * Idle time before events: nothing was reported, and no task was between its first and last event. `events` are in
 * chronological order, except for the few placed after their cause.
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

/** Minimum idle time to show: one second, or a hundredth of a long timeline. */
const shortestIdle = (seconds: number) => Math.max(1, seconds / 100)

/** A plan's events as a tree, each once. Children keep the order of the timeline; a cycle is cut where it begins. */
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
  // What is left forms cycles.
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
