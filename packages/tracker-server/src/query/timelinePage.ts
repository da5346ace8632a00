import { type Ordered, orderTimeline } from "./timelineOrder.ts"

/** Bytes of payload at which a page of a timeline ends; its first event may have more. */
export const maxPageBytes = 4 * 1024 * 1024

/** Where a page begins: at this instant (null: the first there is), after as many of its events. */
export interface TimelinePosition {
  readonly from: string | null
  readonly rank: number
}

/** What it takes to place an event without its payload. */
export interface TimelineKey extends Ordered {
  /** Bytes of UTF-8 of the event as it is kept. */
  readonly bytes: number
}

export interface TimelinePage<K extends TimelineKey> {
  readonly keys: ReadonlyArray<K>
  /** Where the next page begins; null when there is none. */
  readonly next: { readonly from: string; readonly rank: number } | null
}

/** How many keys it takes, and all that share the last one's instant, to cut a page that is not the last. */
export const keysOfPage = ({ rank }: TimelinePosition, limit: number): number => rank + limit + 1

/**
 * Cuts a page: at most `limit` events and about 4 MiB of payload, at least one event. Takes the keys from the
 * position's instant on, by instant, `keysOfPage` of them and all that share the last one's instant.
 */
export const timelinePage = <K extends TimelineKey>(
  keys: ReadonlyArray<K>,
  { rank }: TimelinePosition,
  limit: number
): TimelinePage<K> => {
  const ordered = orderTimeline(keys)
  let end = rank
  for (let bytes = 0; end < ordered.length && end < rank + limit; end++) {
    bytes += ordered[end]?.bytes ?? 0
    if (bytes > maxPageBytes && end > rank) break
  }
  const from = ordered[end]?.occurredAt
  return {
    keys: ordered.slice(rank, end),
    next: from === undefined
      ? null
      : { from, rank: ordered.slice(0, end).filter(({ occurredAt }) => occurredAt === from).length }
  }
}
