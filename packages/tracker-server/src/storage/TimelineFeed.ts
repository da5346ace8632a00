import { Context, type Effect } from "effect"
import type { PlanStanding, TimelineRow } from "../query/timelineView.ts"
import type { StreamPosition } from "../stream/position.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** An event in commit order. */
export interface FeedEvent {
  readonly row: TimelineRow
  /** The position right after it. */
  readonly position: StreamPosition
  /** Its plan: the one it names, otherwise its task's; null if it has neither. */
  readonly plan: PlanStanding | null
  /** All plan ids whose readers receive it: its plan's, its task's plan's, its job instance's. */
  readonly plans: ReadonlyArray<string>
}

export interface FeedPage {
  /** At most about 1,000 events and 1 MiB of payload, or one event. */
  readonly events: ReadonlyArray<FeedEvent>
  /** Start of the next page: every requested event before it is in this page or an earlier one. */
  readonly next: StreamPosition
  /** Whether more can be read immediately. */
  readonly hasMore: boolean
  /** Whether committed events are held back by an older transaction that is still running. */
  readonly isHeldBack: boolean
}

/** Where a reader resumes. */
export interface FeedStart {
  readonly position: StreamPosition
  /** Whether events after the requested position may be gone, or the position is not of this store. */
  readonly isReset: boolean
  /** Changes when events are dropped: long-running readers check whether it is still the same. */
  readonly mark: string
}

/** Port: a tenant's events in an order in which none ever appears before one already read. */
export class TimelineFeed extends Context.Service<TimelineFeed, {
  /**
   * The current position, or where a returning reader resumes: at the oldest retained event if its position has
   * expired.
   */
  readonly start: (tenantId: string, from: StreamPosition | null) => Effect.Effect<FeedStart, StoreUnavailable>
  /** @param plans plan or job instance ids whose events are wanted; null for all events */
  readonly page: (
    tenantId: string,
    from: StreamPosition,
    plans: ReadonlyArray<string> | null
  ) => Effect.Effect<FeedPage, StoreUnavailable>
}>()("@durable-effect/tracker-server/TimelineFeed") {}
