import type { Array as Arr } from "effect"
import { Context, Effect, Option } from "effect"
import type { BaseTrackingEvent } from "./events/TrackingEvent.ts"

/**
 * Why an event was lost; every loss is counted under one of these.
 * - `overflow`: more was pending than may be held
 * - `rejected`: the endpoint took the batch, or every other event of it, but not this one
 * - `refused`: the endpoint takes nothing from us: wrong key, no right, wrong path
 * - `unencodable`: it has no JSON form, or `redact` threw
 * - `retriesExhausted`: its batch failed as often as it may
 * - `shutdown`: the tracker closed before its delivery was acknowledged
 * - `sampled`: left out on purpose, by `sample`
 */
export type LossReason =
  | "overflow"
  | "rejected"
  | "refused"
  | "unencodable"
  | "retriesExhausted"
  | "shutdown"
  | "sampled"

/** What became of the events so far. Always `emitted = delivered + pending + lost`. */
export interface TrackerStats {
  /** Events given to `emit`, and those given to `deliver` unless their answer was `retryLater`. */
  readonly emitted: number
  /** Events that the endpoint has acknowledged, those it knew already included. */
  readonly delivered: number
  /** Of the delivered, those that the endpoint had before. */
  readonly duplicates: number
  /** Events buffered or in flight. */
  readonly pending: number
  /** Events given up, by reason. */
  readonly lost: Readonly<Partial<Record<LossReason, number>>>
  /** Requests sent again. */
  readonly retries: number
  /** Batches cut in two because the endpoint refused them. */
  readonly splits: number
}

/** The fate of one event given to `deliver`. */
export type DeliveryVerdict = "delivered" | "rejected" | "retryLater"

export interface EventTrackerService<in E extends BaseTrackingEvent = BaseTrackingEvent> {
  /** Takes an event, which must not be changed from then on. Never fails and never waits for the network. */
  readonly emit: (event: E) => Effect.Effect<void>
  /** Resolves when all events taken before are delivered or counted as lost, or when its time is up. */
  readonly flush: () => Effect.Effect<void>
  /** Events buffered and in flight. */
  readonly pending: () => Effect.Effect<number>
  readonly stats: () => Effect.Effect<TrackerStats>
  /**
   * For an outbox that keeps events until their fate is known: sends these and answers the fate of each, in their order.
   * Waits for its turn instead of dropping; nothing is sampled. An endpoint that is away, busy or does not let us in
   * answers `retryLater`. Interrupting it gives up what is not under way.
   */
  readonly deliver?: Deliver<E>
}

/** How `deliver` is called. It is one value, so that who wraps it does not leave a way around the wrapper. */
export interface Deliver<in E extends BaseTrackingEvent = BaseTrackingEvent> {
  (events: Arr.NonEmptyReadonlyArray<E>): Effect.Effect<ReadonlyArray<DeliveryVerdict>>
  /** The same for events that are JSON texts already, as an outbox has them: they need not be read and made again. */
  readonly json?: (events: Arr.NonEmptyReadonlyArray<string>) => Effect.Effect<ReadonlyArray<DeliveryVerdict>>
}

/** Where code reports what happened. Optional everywhere: without one, `emitEvent` does nothing. */
export class EventTracker
  extends Context.Service<EventTracker, EventTrackerService>()("@durable-effect/core/EventTracker")
{}

const withTracker = <A>(f: (tracker: EventTrackerService) => Effect.Effect<A>, otherwise: A): Effect.Effect<A> =>
  Effect.flatMap(
    Effect.serviceOption(EventTracker),
    Option.match({ onNone: () => Effect.succeed(otherwise), onSome: f })
  )

/** Emits to the tracker in context; does nothing when there is none. */
export const emitEvent = (event: BaseTrackingEvent): Effect.Effect<void> =>
  withTracker((tracker) => tracker.emit(event), undefined)

/** Flushes the tracker in context; does nothing when there is none. */
export const flushEvents: Effect.Effect<void> = withTracker((tracker) => tracker.flush(), undefined)

/** How many events the tracker in context still holds; 0 when there is none. */
export const getPendingEvents: Effect.Effect<number> = withTracker((tracker) => tracker.pending(), 0)
