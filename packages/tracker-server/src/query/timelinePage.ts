import { bounded } from "./bounded.ts"
import { bySequence, type Ordered, orderTimeline } from "./timelineOrder.ts"

/**
 * Maximum number of events of one instant for which parents are put before children. Beyond that, for a crowd, sequence
 * and id alone decide, so that a page of them needs no more memory than any other; its pages contain nothing else.
 */
export const mostOrdered = 10_000

/** Where a page begins: at this instant (null: the first one), after this many of its events. */
export interface TimelinePosition {
  readonly from: string | null
  readonly rank: number
}

/** What is needed to order an event without its payload. */
export interface TimelineKey extends Ordered {
  /** Bytes of UTF-8 of the stored event. */
  readonly bytes: number
}

export interface TimelinePage<K extends TimelineKey> {
  readonly keys: ReadonlyArray<K>
  /** Where the next page begins; null if there is none. */
  readonly next: { readonly from: string; readonly rank: number } | null
}

/** How many keys are needed to cut a page, and of those sharing the last one's instant, `mostOrdered + 1`. */
export const keysOfPage = ({ rank }: TimelinePosition, limit: number): number => Math.min(rank, mostOrdered) + limit + 1

/** The first crowd among keys sorted by instant: where it begins and ends. */
const firstCrowd = (keys: ReadonlyArray<TimelineKey>): readonly [start: number, end: number] | undefined => {
  for (let start = 0, end = 0; start < keys.length; start = end) {
    const instant = keys[start]?.occurredAt
    while (keys[end]?.occurredAt === instant && end < keys.length) end++
    if (end - start > mostOrdered) return [start, end]
  }
  return undefined
}

/** Whether a page that begins with these keys consists of a crowd. */
export const beginsWithCrowd = (keys: ReadonlyArray<TimelineKey>): boolean => firstCrowd(keys)?.[0] === 0

/**
 * Cuts a page of a crowd. Expects the keys after the page's begin in order, at least one more than the limit if there
 * are that many, and the next instant after theirs.
 */
export const crowdPage = <K extends TimelineKey>(
  rest: ReadonlyArray<K>,
  { from, rank }: { readonly from: string; readonly rank: number },
  limit: number,
  after: string | null
): TimelinePage<K> => {
  const { entries, isLast } = bounded(rest, ({ bytes }) => bytes, limit)
  if (!isLast) return { keys: entries, next: { from, rank: rank + entries.length } }
  return { keys: entries, next: after === null ? null : { from: after, rank: 0 } }
}

/**
 * Cuts a page: at most `limit` events and about 4 MiB of payload, but at least one event. Expects the keys from the
 * position's instant on, sorted by instant, as many as `keysOfPage` says.
 */
export const timelinePage = <K extends TimelineKey>(
  keys: ReadonlyArray<K>,
  { from, rank }: TimelinePosition,
  limit: number
): TimelinePage<K> => {
  const first = keys[0]?.occurredAt
  const skipped = first === from ? Math.min(rank, keys.filter(({ occurredAt }) => occurredAt === first).length) : 0
  const [crowd = keys.length, crowdEnd = keys.length] = firstCrowd(keys) ?? []
  if (crowd === 0 && first !== undefined) {
    const sorted = keys.slice(0, crowdEnd).sort(bySequence)
    return crowdPage(sorted.slice(skipped), { from: first, rank: skipped }, limit, keys[crowdEnd]?.occurredAt ?? null)
  }
  const ordered = orderTimeline(keys.slice(0, crowd))
  const { entries } = bounded(ordered.slice(skipped), ({ bytes }) => bytes, limit)
  const end = skipped + entries.length
  const next = (ordered[end] ?? keys[crowd])?.occurredAt
  return {
    keys: entries,
    next: next === undefined
      ? null
      : { from: next, rank: ordered.slice(0, end).filter(({ occurredAt }) => occurredAt === next).length }
  }
}
