import { compareBytes } from "../projection/Fact.ts"

/** What determines an event's position in a timeline. */
export interface Ordered {
  readonly eventId: string
  readonly occurredAt: string
  readonly parentEventId: string | null
  readonly sequence: number
}

/** Orders events of one instant that parents do not order. */
export const bySequence = (left: Ordered, right: Ordered): number =>
  left.sequence - right.sequence || compareBytes(left.eventId, right.eventId)

/** A min-heap of events by (sequence, event id). */
class Ready<E extends Ordered> {
  private readonly items: Array<E> = []
  push(item: E): void {
    let i = this.items.push(item) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (this.less(parent, i)) break
      this.swap(parent, i)
      i = parent
    }
  }
  pop(): E | undefined {
    const top = this.items[0]
    const last = this.items.pop()
    if (top === undefined || last === undefined || this.items.length === 0) return top
    this.items[0] = last
    let i = 0
    for (;;) {
      let smallest = i
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.items.length && !this.less(smallest, child)) smallest = child
      }
      if (smallest === i) return top
      this.swap(i, smallest)
      i = smallest
    }
  }
  private less(i: number, j: number): boolean {
    const left = this.items[i]
    const right = this.items[j]
    return left !== undefined && right !== undefined && bySequence(left, right) < 0
  }
  private swap(i: number, j: number): void {
    const left = this.items[i]
    const right = this.items[j]
    if (left === undefined || right === undefined) return
    this.items[i] = right
    this.items[j] = left
  }
}

/** Of events whose parents are all among them, those that are their own ancestors, smallest first. */
const circular = <E extends Ordered>(sorted: ReadonlyArray<E>): ReadonlyArray<E> => {
  const parents = new Map(sorted.map(({ eventId, parentEventId }) => [eventId, parentEventId ?? eventId]))
  const seenFrom = new Map<string, string>()
  const found = new Set<string>()
  for (const start of parents.keys()) {
    let at: string | undefined = start
    while (at !== undefined && !seenFrom.has(at)) {
      seenFrom.set(at, start)
      at = parents.get(at)
    }
    // Met again on the same walk: everything from here back to here is on the cycle.
    while (at !== undefined && seenFrom.get(at) === start && !found.has(at)) {
      found.add(at)
      at = parents.get(at)
    }
  }
  return sorted.filter(({ eventId }) => found.has(eventId))
}

/**
 * Orders events of one instant: a parent before its children, otherwise smallest first; a cycle breaks at its smallest
 * event.
 */
export const orderWithinInstant = <E extends Ordered>(events: ReadonlyArray<E>): ReadonlyArray<E> => {
  if (events.length < 2) return events
  const sorted = [...events].sort(bySequence)
  const ids = new Set(sorted.map(({ eventId }) => eventId))
  const children = new Map<string, Array<E>>()
  const ready = new Ready<E>()
  for (const event of sorted) {
    const { parentEventId } = event
    if (parentEventId !== null && ids.has(parentEventId)) {
      const siblings = children.get(parentEventId)
      if (siblings === undefined) children.set(parentEventId, [event])
      else siblings.push(event)
    } else ready.push(event)
  }
  const placed = new Set<string>()
  const place = () => {
    for (let event = ready.pop(); event !== undefined; event = ready.pop()) {
      if (placed.has(event.eventId)) continue
      placed.add(event.eventId)
      ordered.push(event)
      for (const child of children.get(event.eventId) ?? []) ready.push(child)
    }
  }
  const ordered: Array<E> = []
  place()
  if (ordered.length < sorted.length) {
    for (const event of circular(sorted.filter(({ eventId }) => !placed.has(eventId)))) {
      if (placed.has(event.eventId)) continue
      ready.push(event)
      place()
    }
  }
  return ordered
}

/** Orders by instant, and within one by `orderWithinInstant`. Expects events sorted by instant. */
export const orderTimeline = <E extends Ordered>(events: ReadonlyArray<E>): ReadonlyArray<E> => {
  const ordered: Array<E> = []
  for (let start = 0; start < events.length;) {
    const instant = events[start]?.occurredAt
    let end = start + 1
    while (events[end]?.occurredAt === instant && end < events.length) end++
    ordered.push(...orderWithinInstant(events.slice(start, end)))
    start = end
  }
  return ordered
}
