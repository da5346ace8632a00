import type { RejectionCode } from "../api/views.ts"

/** Why an event was refused. */
export interface Rejected {
  /** The id that the event gives, where it is one. */
  readonly eventId: string | null
  readonly code: RejectionCode
  /** One sentence that names the field and says what to do. */
  readonly detail: string
  /** The event as JSON text; null when it is nested too deeply to be written. */
  readonly body: string | null
}

/** Ends the reading of an event from anywhere within; never leaves `decode`. */
export class Refusal {
  readonly code: RejectionCode
  readonly detail: string
  constructor(code: RejectionCode, detail: string) {
    this.code = code
    this.detail = detail
  }
}
