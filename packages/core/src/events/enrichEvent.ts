import type { Origin } from "./header.ts"
import type { BaseTrackingEvent } from "./TrackingEvent.ts"

/** An event's wire form: the event plus the tracker's configured origin, which event fields cannot override. */
export const enrichEvent = <E extends object>(event: E, origin: Origin): E & Origin => ({
  ...event,
  env: origin.env,
  serviceKey: origin.serviceKey
})

/** The de-duplication id: `eventId` of a job event, `id` of a bus envelope. */
export const eventIdOf = (event: BaseTrackingEvent): string => "eventId" in event ? event.eventId : event.id
