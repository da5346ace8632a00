import { Effect, Layer } from "effect"
import type { BaseTrackingEvent } from "./events/TrackingEvent.ts"
import { EventTracker, type EventTrackerService } from "./EventTracker.ts"

/** Reads the events an in-memory tracker has received, oldest first. */
export interface InMemoryTrackerHandle {
  readonly getEvents: () => Effect.Effect<ReadonlyArray<BaseTrackingEvent>>
  readonly getEventsByType: (type: string) => Effect.Effect<ReadonlyArray<BaseTrackingEvent>>
  readonly hasEvent: (type: string) => Effect.Effect<boolean>
  readonly clear: () => Effect.Effect<void>
}

/** A tracker for tests. It keeps every event until cleared, and counts each as delivered immediately. */
export const createInMemoryTracker = (): Effect.Effect<
  { readonly tracker: EventTrackerService; readonly handle: InMemoryTrackerHandle }
> =>
  Effect.sync(() => {
    let events: Array<BaseTrackingEvent> = []
    let emitted = 0
    const keep = (event: BaseTrackingEvent) => {
      events.push(event)
      emitted += 1
    }
    return {
      tracker: {
        emit: (event) => Effect.sync(() => keep(event)),
        flush: () => Effect.void,
        pending: () => Effect.succeed(0),
        stats: () =>
          Effect.sync(() => ({
            emitted,
            delivered: emitted,
            duplicates: 0,
            pending: 0,
            lost: {},
            retries: 0,
            splits: 0
          })),
        deliver: (batch) =>
          Effect.sync(() => {
            batch.forEach(keep)
            return batch.map(() => "delivered" as const)
          })
      },
      handle: {
        getEvents: () => Effect.sync(() => [...events]),
        getEventsByType: (type) => Effect.sync(() => events.filter((event) => event.type === type)),
        hasEvent: (type) => Effect.sync(() => events.some((event) => event.type === type)),
        clear: () =>
          Effect.sync(() => {
            events = []
          })
      }
    }
  })

/** `createInMemoryTracker` as a layer, returned together with its handle. */
export const createInMemoryTrackerLayer = (): Effect.Effect<
  { readonly layer: Layer.Layer<EventTracker>; readonly handle: InMemoryTrackerHandle }
> =>
  Effect.map(
    createInMemoryTracker(),
    ({ handle, tracker }) => ({ layer: Layer.succeed(EventTracker, tracker), handle })
  )
