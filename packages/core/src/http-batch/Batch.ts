import type { DeliveryVerdict } from "../EventTracker.ts"
import type { Content, Sized } from "./split.ts"

/** An encoded event awaiting delivery. */
export interface Item extends Sized {
  readonly eventId: string
  /** When it was accepted, in milliseconds of a monotonic clock. 0 for events passed to `deliver`. */
  readonly acceptedAt: number
  /** For events passed to `emit`, the 1-based position in emission order; otherwise 0. */
  readonly ordinal: number
  /** W3C trace context of the emitter. */
  readonly traceparent: string | undefined
  /** For events passed to `deliver`: receives the verdict. */
  readonly answer?: (verdict: DeliveryVerdict) => void
}

/** One call of `deliver`; identifies its batches. */
export interface Call {
  /** Number of events without a verdict. */
  readonly open: number
  /** Nothing more of it is sent: its caller gave up, or the endpoint refuses everything. */
  isOver: boolean
  /** Number of the latest request in which a single event was refused without proof that the event is at fault. */
  suspectedAt: number
}

/** Events sent in one request. */
export interface Batch extends Content<Item> {
  /** How many times it has been sent. */
  readonly attempts: number
  /** The `deliver` call it belongs to. Such a batch is sent once, and failed events go back to the caller. */
  readonly call?: Call
  /**
   * Earliest time of the next attempt, in milliseconds of a monotonic clock, after the endpoint postponed these events.
   */
  readonly notBefore?: number
  /** Number of the first request that contained these events and was not accepted. */
  readonly firstNotTaken?: number
  /** W3C trace context of its first event's emitter, or of the caller of `deliver`. */
  readonly traceparent: string | undefined
}

/** The outcome of a request. */
export type SendResult =
  | {
    readonly kind: "Acknowledged"
    readonly duplicates: number
    readonly rejected: ReadonlyMap<number, { readonly detail: string; readonly retryable: boolean }>
    /** Which part of the response could not be read, as text: rejected events may be counted as delivered. */
    readonly unread?: string
  }
  | { readonly kind: "Failed"; readonly detail: string; readonly retryAfterMs: number | undefined }
  | {
    readonly kind: "NotTaken"
    readonly status: number
    readonly detail: string
    /**
     * The response proves that the endpoint read the events, rather than something in front of it refusing every
     * request.
     */
    readonly isUnderstood: boolean
  }
  | { readonly kind: "Refused"; readonly status: number; readonly detail: string }
