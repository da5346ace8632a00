import type { Origin } from "./header.ts"
import type { BaseTrackingEvent } from "./TrackingEvent.ts"

/** An event's wire form: the event with the origin that the tracker is configured with, which nothing in it overrides. */
export const enrichEvent = <E extends object>(event: E, origin: Origin): E & Origin => ({
  ...event,
  env: origin.env,
  serviceKey: origin.serviceKey
})

/** The id to de-duplicate by: `eventId` of a job event, `id` of a bus envelope. */
export const eventIdOf = (event: BaseTrackingEvent): string => "eventId" in event ? event.eventId : event.id
