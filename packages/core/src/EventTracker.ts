import type { Array as Arr } from "effect"
import { Context, Effect, Option } from "effect"
import type { BaseTrackingEvent } from "./events/TrackingEvent.ts"

/**
 * Why an event was lost. Every lost event is counted under exactly one reason:
 * - `overflow`: the limit on pending events was reached
 * - `rejected`: the endpoint accepted the batch, or all of its other events, but not this one
 * - `refused`: the endpoint accepts nothing from this tracker: wrong key, missing permission or wrong path
 * - `unencodable`: the event has no JSON form, or `redact` threw
 * - `retriesExhausted`: its batch failed the maximum number of times
 * - `shutdown`: the tracker closed before delivery was acknowledged
 * - `sampled`: deliberately left out by `sample`
 */
export type LossReason =
  | "overflow"
  | "rejected"
  | "refused"
  | "unencodable"
  | "retriesExhausted"
  | "shutdown"
  | "sampled"

/** What has happened to all events so far. `emitted = delivered + pending + lost` always holds. */
export interface TrackerStats {
  /** Events passed to `emit`, plus those passed to `deliver` whose verdict was not `retryLater`. */
  readonly emitted: number
  /** Events the endpoint acknowledged, duplicates included. */
  readonly delivered: number
  /** Delivered events that the endpoint already had. */
  readonly duplicates: number
  /** Events buffered or in flight. */
  readonly pending: number
  /** Events lost, by reason. */
  readonly lost: Readonly<Partial<Record<LossReason, number>>>
  /** Requests that were retries. */
  readonly retries: number
  /** Batches split in two because the endpoint refused them. */
  readonly splits: number
}

/** The outcome of one event passed to `deliver`. */
export type DeliveryVerdict = "delivered" | "rejected" | "retryLater"

export interface EventTrackerService<in E extends BaseTrackingEvent = BaseTrackingEvent> {
  /** Accepts an event, which must not be mutated afterwards. Never fails and never waits for the network. */
  readonly emit: (event: E) => Effect.Effect<void>
  /** Resolves once every event accepted before the call is delivered or counted as lost, or after `shutdownTimeout`. */
  readonly flush: () => Effect.Effect<void>
  /** Number of events buffered or in flight. */
  readonly pending: () => Effect.Effect<number>
  readonly stats: () => Effect.Effect<TrackerStats>
  /**
   * For an outbox that keeps events until their outcome is known: sends these events and returns a verdict for each, in
   * order. Waits for capacity instead of dropping events, and never samples. If the endpoint is unreachable, busy or
   * refuses access, the verdict is `retryLater`. Interrupting the call abandons whatever is not already in flight.
   */
  readonly deliver?: Deliver<E>
}

/** The signature of `deliver`. Both forms are one value, so that a wrapper cannot leave one of them unwrapped. */
export interface Deliver<in E extends BaseTrackingEvent = BaseTrackingEvent> {
  (events: Arr.NonEmptyReadonlyArray<E>): Effect.Effect<ReadonlyArray<DeliveryVerdict>>
  /**
   * The same for events already serialized as JSON, as an outbox stores them; avoids parsing and encoding them again.
   */
  readonly json?: (events: Arr.NonEmptyReadonlyArray<string>) => Effect.Effect<ReadonlyArray<DeliveryVerdict>>
}

/** Where code reports what happened. Optional everywhere: without a tracker in context, `emitEvent` does nothing. */
export class EventTracker
  extends Context.Service<EventTracker, EventTrackerService>()("@durable-effect/core/EventTracker")
{}

const withTracker = <A>(f: (tracker: EventTrackerService) => Effect.Effect<A>, otherwise: A): Effect.Effect<A> =>
  Effect.flatMap(
    Effect.serviceOption(EventTracker),
    Option.match({ onNone: () => Effect.succeed(otherwise), onSome: f })
  )

/** Emits to the tracker in context; a no-op if there is none. */
export const emitEvent = (event: BaseTrackingEvent): Effect.Effect<void> =>
  withTracker((tracker) => tracker.emit(event), undefined)

/** Flushes the tracker in context; a no-op if there is none. */
export const flushEvents: Effect.Effect<void> = withTracker((tracker) => tracker.flush(), undefined)

/** Number of events the tracker in context still holds; 0 if there is none. */
export const getPendingEvents: Effect.Effect<number> = withTracker((tracker) => tracker.pending(), 0)
