import type { RejectionCode } from "../api/views.ts"

/** Why an event was rejected. */
export interface Rejected {
  /** The event's id, if it is a valid one. */
  readonly eventId: string | null
  readonly code: RejectionCode
  /** One sentence that names the field and says what to do. */
  readonly detail: string
  /** The event as JSON text; null if it is nested too deeply to be serialized. */
  readonly body: string | null
}

/** Thrown to abort decoding an event from any depth; never escapes `decode`. */
export class Rejection {
  readonly code: RejectionCode
  readonly detail: string
  constructor(code: RejectionCode, detail: string) {
    this.code = code
    this.detail = detail
  }
}
