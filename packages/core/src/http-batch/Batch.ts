import type { DeliveryVerdict } from "../EventTracker.ts"
import type { Content, Sized } from "./split.ts"

/** An encoded event on its way. */
export interface Item extends Sized {
  readonly eventId: string
  /** When it came in; milliseconds of a monotonic clock. 0 for one given to `deliver`. */
  readonly acceptedAt: number
  /** Given to `emit`: its place in the order of emission, from 1 on. Else 0. */
  readonly ordinal: number
  /** W3C trace context of the emitter. */
  readonly traceparent: string | undefined
  /** Given to `deliver`: takes the verdict. */
  readonly answer?: (verdict: DeliveryVerdict) => void
}

/** One call of `deliver`, by which its batches are known. */
export interface Call {
  /** Events without a verdict. */
  readonly open: number
  /** Nothing of it is sent any more: who called has given up, or the endpoint refuses whatever it is sent. */
  isOver: boolean
  /** Number of the newest request in which a single event of it was refused without proof that the event is at fault. */
  suspectedAt: number
}

/** Events that travel in one request. */
export interface Batch extends Content<Item> {
  /** How often it has been sent. */
  readonly attempts: number
  /** The call of `deliver` that it belongs to. Such a batch is sent once, and what fails goes back to the caller. */
  readonly call?: Call
  /** What of it the endpoint may take later is not sent again before; milliseconds of a monotonic clock. */
  readonly notBefore?: number
  /** Number of the first request that held these events and was not taken. */
  readonly firstNotTaken?: number
  /** W3C trace context of whom it was made for. */
  readonly traceparent: string | undefined
}

/** What became of a request. */
export type SendResult =
  | {
    readonly kind: "Acknowledged"
    readonly duplicates: number
    readonly rejected: ReadonlyMap<number, { readonly detail: string; readonly retryable: boolean }>
    /** What of the answer could not be read, in words: events may count as delivered that were rejected. */
    readonly unread?: string
  }
  | { readonly kind: "Failed"; readonly detail: string; readonly retryAfterMs: number | undefined }
  | {
    readonly kind: "NotTaken"
    readonly status: number
    readonly detail: string
    /** The answer shows that the endpoint has read the events, and not that something before it refuses everything. */
    readonly isUnderstood: boolean
  }
  | { readonly kind: "Refused"; readonly status: number; readonly detail: string }
