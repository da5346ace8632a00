const smallest = 4096
const largest = 1_048_576

/** As many as are under way at the default concurrency, and as many that are being filled. */
const mostFree = 8

/**
 * Buffers that batches travel in, used again. Fresh ones for each would outlive young garbage, and only a full collection
 * would free them: measured, that doubled what delivery costs.
 */
export class BodyPool {
  readonly #free: Array<ArrayBuffer> = []

  take(bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findIndex((buffer) => buffer.byteLength >= bytes)
    const [free] = index < 0 ? [] : this.#free.splice(index, 1)
    return new Uint8Array(free ?? new ArrayBuffer(this.#sizeFor(bytes)), 0, bytes)
  }

  /** Powers of two, so that what is given back fits the next batch too, which is a little larger or smaller. */
  #sizeFor(bytes: number): number {
    return bytes > largest ? bytes : Math.max(smallest, 2 ** Math.ceil(Math.log2(bytes)))
  }

  /** Nobody reads it any more, nor will. What is none of ours is passed over. */
  giveBack({ buffer }: Uint8Array<ArrayBuffer>): void {
    const size = buffer.byteLength
    const isOurs = size >= smallest && size <= largest && Number.isInteger(Math.log2(size))
    if (isOurs && this.#free.length < mostFree) this.#free.push(buffer)
  }
}
