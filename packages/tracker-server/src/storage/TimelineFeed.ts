import { Context, type Effect } from "effect"
import type { PlanStanding, TimelineRow } from "../query/timelineView.ts"
import type { StreamPosition } from "../stream/position.ts"
import type { StoreUnavailable } from "./StoreUnavailable.ts"

/** An event in the order of commits. */
export interface FeedEvent {
  readonly row: TimelineRow
  /** The place right after it. */
  readonly position: StreamPosition
  /** The plan that it belongs to: the one it names, else its task's; none where it has neither. */
  readonly plan: PlanStanding | null
  /** All ids under which a plan's reader gets it: its plan's, its task's plan's, its job instance's. */
  readonly plans: ReadonlyArray<string>
}

export interface FeedPage {
  /** At most some 1,000 events and 1 MiB of payload, or one event. */
  readonly events: ReadonlyArray<FeedEvent>
  /** Where the next page begins: everything before it is in this page or the ones before, if it was asked for. */
  readonly next: StreamPosition
  /** Whether there is more to read at once. */
  readonly hasMore: boolean
  /** Whether events are committed already but held back by an older transaction that still runs. */
  readonly isHeldBack: boolean
}

/** Where a reader goes on. */
export interface FeedStart {
  readonly position: StreamPosition
  /** Whether events after the place that was asked for may be gone, or the place is not one of this store. */
  readonly isReset: boolean
  /** Changes when events were dropped: who reads for long looks whether it is still the same. */
  readonly mark: string
}

/** Port. A tenant's events in an order in which none comes before one that was read already. */
export class TimelineFeed extends Context.Service<TimelineFeed, {
  /** Now, or where a reader that was here goes on: at the oldest event that is kept where its place has passed. */
  readonly start: (tenantId: string, from: StreamPosition | null) => Effect.Effect<FeedStart, StoreUnavailable>
  /** @param plans those whose events are wanted, each a plan or a job instance; null for all events */
  readonly page: (
    tenantId: string,
    from: StreamPosition,
    plans: ReadonlyArray<string> | null
  ) => Effect.Effect<FeedPage, StoreUnavailable>
}>()("@durable-effect/tracker-server/TimelineFeed") {}
