const smallest = 4096
const largest = 1_048_576

/** Enough for a hundred events of half a kilobyte. */
const usual = 65_536

/** As many as are in flight at the default concurrency, plus as many being filled. */
const mostFree = 8

/**
 * Reuses the buffers that batches are sent in. Fresh ones would outlive the young generation and be freed only by a
 * full collection, which was measured to double the cost of delivery.
 */
export class BodyPool {
  readonly #free: Array<ArrayBuffer> = []

  take(bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findIndex((buffer) => buffer.byteLength >= bytes)
    const [free] = index < 0 ? [] : this.#free.splice(index, 1)
    return new Uint8Array(free ?? new ArrayBuffer(this.#sizeFor(bytes)), 0, bytes)
  }

  /** The whole of the largest free buffer, for what has no known size yet. */
  takeLargest(): Uint8Array<ArrayBuffer> {
    const sizes = this.#free.map(({ byteLength }) => byteLength)
    const [free] = this.#free.splice(sizes.indexOf(Math.max(...sizes)), sizes.length === 0 ? 0 : 1)
    return new Uint8Array(free ?? new ArrayBuffer(usual))
  }

  /** Powers of two, so that a returned buffer also fits the next batch, which is slightly larger or smaller. */
  #sizeFor(bytes: number): number {
    return bytes > largest ? bytes : Math.max(smallest, 2 ** Math.ceil(Math.log2(bytes)))
  }

  /** Nobody may read the buffer any more. Buffers that are not from this pool are ignored. */
  release({ buffer }: Uint8Array<ArrayBuffer>): void {
    const size = buffer.byteLength
    const isOurs = size >= smallest && size <= largest && Number.isInteger(Math.log2(size))
    if (isOurs && this.#free.length < mostFree) this.#free.push(buffer)
  }
}
