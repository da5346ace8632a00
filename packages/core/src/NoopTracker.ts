import { Effect, Layer } from "effect"
import { EventTracker, type EventTrackerService } from "./EventTracker.ts"

const stats = { emitted: 0, delivered: 0, duplicates: 0, pending: 0, lost: {}, retries: 0, splits: 0 }

/**
 * Discards every event: tracking is off. Compare with this value to skip building events that would only be discarded.
 */
export const noopTracker: EventTrackerService = {
  emit: () => Effect.void,
  flush: () => Effect.void,
  pending: () => Effect.succeed(0),
  stats: () => Effect.succeed(stats)
}

export const NoopTrackerLayer: Layer.Layer<EventTracker> = Layer.succeed(EventTracker, noopTracker)
