import type { LossReason } from "../EventTracker.ts"

/** What a tracker has lost so far; cumulative, so that a batch sent twice counts nothing twice. */
export interface LostTotals {
  /** Id of this tracker, a UUID. */
  readonly tracker: string
  readonly serviceKey: string
  readonly counts: Readonly<Partial<Record<LossReason, number>>>
}

const encoder = new TextEncoder()
const start = encoder.encode("{\"events\":[")

/** What surrounds the events in a body. */
export class Envelope {
  readonly #end: Uint8Array<ArrayBuffer>

  constructor(lost: LostTotals | undefined) {
    this.#end = encoder.encode(lost === undefined ? "]}" : `],"lost":${JSON.stringify(lost)}}`)
  }

  /** Bytes of a body besides its events. */
  get bytes(): number {
    return start.length + this.#end.length
  }

  /** The pieces of a body. */
  around(json: Uint8Array<ArrayBuffer>): ReadonlyArray<Uint8Array<ArrayBuffer>> {
    return [start, json, this.#end]
  }
}
