import { enrichEvent, eventIdOf } from "../events/enrichEvent.ts"
import type { Origin } from "../events/header.ts"
import type { BaseTrackingEvent } from "../events/TrackingEvent.ts"
import type { LossReason } from "../EventTracker.ts"

const encoder = new TextEncoder()
const scratch = new Uint8Array(16_384)

/** Bytes of a text in UTF-8. One unit of UTF-16 takes three at most, so that most events are measured without allocating. */
export const utf8Bytes = (text: string): number =>
  text.length * 3 <= scratch.length ? encoder.encodeInto(text, scratch).written : encoder.encode(text).length

export type EncodedEvent =
  | { readonly kind: "Encoded"; readonly eventId: string; readonly json: string; readonly bytes: number }
  | { readonly kind: "Unencodable"; readonly eventId: string; readonly detail: string }

/** The id of an event that may be malformed. */
export const idForReport = (event: BaseTrackingEvent): string => {
  try {
    return eventIdOf(event)
  } catch {
    return "unknown"
  }
}

/**
 * An event as it travels. Never throws: JSON has no BigInt, no cycle and no `undefined`, a getter or `redact` may throw,
 * and such an event is lost alone. One that `redact` fails on does not leave in the clear.
 */
export const encodeEvent = (
  event: BaseTrackingEvent,
  origin: Origin,
  redact: ((event: BaseTrackingEvent) => BaseTrackingEvent) | undefined
): EncodedEvent => {
  try {
    const json: string | undefined = JSON.stringify(enrichEvent(redact === undefined ? event : redact(event), origin))
    if (json === undefined) return { kind: "Unencodable", eventId: idForReport(event), detail: "it has no JSON form" }
    return { kind: "Encoded", eventId: idForReport(event), json, bytes: utf8Bytes(json) }
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown)
    return { kind: "Unencodable", eventId: idForReport(event), detail }
  }
}

/** What a tracker has lost so far; cumulative, so that a batch sent twice counts nothing twice. */
export interface LostTotals {
  /** Id of this tracker, a UUID. */
  readonly tracker: string
  readonly serviceKey: string
  readonly counts: Readonly<Partial<Record<LossReason, number>>>
}

/** What follows the events in a body. */
export const encodeEnd = (lost: LostTotals | undefined): string =>
  lost === undefined ? "]}" : `],"lost":${JSON.stringify(lost)}}`

const start = "{\"events\":["

/** The body of a request. `end` is from `encodeEnd`. */
export const encodeBody = (items: ReadonlyArray<{ readonly json: string }>, end: string): string =>
  start + items.map((item) => item.json).join(",") + end

/** Bytes of a body besides its events. */
export const envelopeBytes = (end: string): number => start.length + utf8Bytes(end)
