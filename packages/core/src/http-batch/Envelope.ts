import type { LossReason } from "../EventTracker.ts"
import type { Ledger } from "./Ledger.ts"

/** A tracker's losses so far. Cumulative, so that sending a batch twice counts nothing twice. */
export interface LostTotals {
  /** Id of this tracker, a UUID. */
  readonly tracker: string
  readonly serviceKey: string
  readonly counts: Readonly<Partial<Record<LossReason, number>>>
}

const encoder = new TextEncoder()
const start = encoder.encode("{\"events\":[")

/** The part of a body that surrounds the events. */
export class Envelope {
  readonly #end: Uint8Array<ArrayBuffer>

  constructor(lost: LostTotals | undefined) {
    this.#end = encoder.encode(lost === undefined ? "]}" : `],"lost":${JSON.stringify(lost)}}`)
  }

  /** Bytes of a body not counting its events. */
  get bytes(): number {
    return start.length + this.#end.length
  }

  /** The pieces of a body. */
  around(json: Uint8Array<ArrayBuffer>): ReadonlyArray<Uint8Array<ArrayBuffer>> {
    return [start, json, this.#end]
  }
}

const bare = new Envelope(undefined)

/** Provides the envelopes of bodies; builds a new one only after further losses. */
export class Envelopes {
  readonly #who: Pick<LostTotals, "tracker" | "serviceKey">
  readonly #ledger: Ledger
  #losses = 0
  #made = bare

  constructor(who: Pick<LostTotals, "tracker" | "serviceKey">, ledger: Ledger) {
    this.#who = who
    this.#ledger = ledger
  }

  /**
   * The envelope of a body whose events take this many bytes of JSON. Its losses are left to a later one if only they
   * would make the body too large, as that of a single event, which cannot be split.
   */
  around(bytes: number, maxBatchBytes: number): Envelope {
    const { next } = this
    const room = maxBatchBytes - bytes
    return bare.bytes <= room && room < next.bytes ? bare : next
  }

  /** The envelope of the next body to be gathered. */
  get next(): Envelope {
    const { losses } = this.#ledger
    if (this.#losses !== losses) {
      this.#losses = losses
      this.#made = new Envelope({ ...this.#who, counts: this.#ledger.lost })
    }
    return this.#made
  }
}
