import type { BodyPool } from "./BodyPool.ts"
import type { EncodedJson } from "./buffer.ts"
import { type BatchLimits, separatorBytes } from "./split.ts"

const encoder = new TextEncoder()
const comma = 44
const brace = "}"

/** Writes events straight into a body, for a batch whose events are encoded only when it is about to be sent. */
export class BodyWriter {
  readonly #bodies: BodyPool
  readonly #limits: BatchLimits
  #body: Uint8Array<ArrayBuffer>
  #end = 0
  #count = 0

  constructor(bodies: BodyPool, limits: BatchLimits) {
    this.#bodies = bodies
    this.#limits = limits
    this.#body = bodies.takeLargest()
  }

  /** Whether not even a small event has room. */
  get isFull(): boolean {
    return this.#count > 0 &&
      (this.#count >= this.#limits.batchSize || this.#end >= this.#limits.maxBatchBytes)
  }

  /** Appends an event and returns its bytes; `undefined` if the limits leave no room. The first one always has room. */
  write({ json, tail }: EncodedJson): number | undefined {
    const start = this.#count === 0 ? 0 : this.#end + separatorBytes
    const written = this.#encode(json, start, tail.length)
    const bytes = written - brace.length + tail.length
    if (this.#count > 0 && start + bytes > this.#limits.maxBatchBytes) return undefined
    if (start > 0) this.#body[start - separatorBytes] = comma
    this.#body.set(tail, start + written - brace.length)
    this.#end = start + bytes
    this.#count += 1
    return bytes
  }

  /** Encodes a text at this place, with room for some bytes behind it. Returns its bytes. */
  #encode(json: string, start: number, besides: number): number {
    const room = this.#body.length - start - besides
    if (json.length <= room) {
      const { read, written } = encoder.encodeInto(json, this.#body.subarray(start, start + room))
      if (read === json.length) return written
    }
    this.#grow(start + json.length * 3 + besides) // a UTF-16 code unit takes at most three bytes
    return encoder.encodeInto(json, this.#body.subarray(start)).written
  }

  #grow(atLeast: number): void {
    const larger = this.#bodies.take(Math.max(atLeast, this.#body.length * 2))
    larger.set(this.#body.subarray(0, this.#end))
    this.#bodies.release(this.#body)
    this.#body = larger
  }

  /** The inside of a JSON array: the events in order. The writer must not be used afterwards. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#body.subarray(0, this.#end)
  }

  /** Gives the body back unused. */
  discard(): void {
    this.#bodies.release(this.#body)
  }
}
