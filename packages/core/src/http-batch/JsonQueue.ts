import type { BodyPool } from "./BodyPool.ts"
import { separatorBytes } from "./split.ts"

const encoder = new TextEncoder()
const comma = 44
const brace = "}"

/** The first chunk is small, since many queues hold only an event or two. */
const firstChunkBytes = 4096

/** Large enough to make new chunks rare, small enough that keeping one for its last object wastes little. */
const chunkBytes = 65_536

/** 1 MiB in total. */
const mostSpares = 16

interface Chunk {
  bytes: Uint8Array<ArrayBuffer>
  start: number
  end: number
}

/**
 * A queue of JSON objects as UTF-8. A comma follows each, so that consecutive objects can be copied out at once as the
 * inside of an array: cheaper than keeping strings, joining and encoding them.
 */
export class JsonQueue {
  readonly #bodies: BodyPool
  readonly #chunks: Array<Chunk> = []
  /** Emptied chunks, kept for reuse: buffers that age while events wait would need a full collection. */
  readonly #spares: Array<Chunk> = []
  #nextBytes = firstChunkBytes

  constructor(bodies: BodyPool) {
    this.#bodies = bodies
  }

  /** Appends an object, with the final brace of its JSON replaced by `tail`, and returns its size in bytes. */
  write(json: string, tail: Uint8Array): number {
    const besides = tail.length - brace.length + separatorBytes
    const last = this.#chunks.at(-1)
    const room = last === undefined ? 0 : last.bytes.length - last.end - besides
    if (last !== undefined && json.length <= room) {
      const { read, written } = encoder.encodeInto(json, last.bytes.subarray(last.end, last.end + room))
      if (read === json.length) return this.#finish(last, written, tail)
    }
    const atMost = json.length * 3 + besides // a UTF-16 code unit takes at most three bytes
    if (atMost > chunkBytes) return this.#writeAlone(encoder.encode(json), tail)
    const chunk = this.#addFor(atMost)
    const { written } = encoder.encodeInto(json, chunk.bytes)
    return this.#finish(chunk, written, tail)
  }

  /** An object that may be larger than a chunk gets one of its own size. */
  #writeAlone(json: Uint8Array, tail: Uint8Array): number {
    const chunk = this.#add(json.length + tail.length - brace.length + separatorBytes)
    chunk.bytes.set(json)
    return this.#finish(chunk, json.length, tail)
  }

  #finish(chunk: Chunk, written: number, tail: Uint8Array): number {
    const bytes = written - brace.length + tail.length
    chunk.bytes.set(tail, chunk.end + written - brace.length)
    chunk.bytes[chunk.end + bytes] = comma
    chunk.end += bytes + separatorBytes
    return bytes
  }

  /** Adds a chunk twice the size of the last one, and large enough. */
  #addFor(atMost: number): Chunk {
    while (this.#nextBytes < atMost) this.#nextBytes *= 2
    const chunk = this.#add(this.#nextBytes)
    this.#nextBytes = Math.min(this.#nextBytes * 2, chunkBytes)
    return chunk
  }

  #add(size: number): Chunk {
    this.#trim(this.#chunks.at(-1))
    const spare = size === chunkBytes ? this.#spares.pop() : undefined
    const chunk = spare ?? { bytes: new Uint8Array(size), start: 0, end: 0 }
    this.#chunks.push(chunk)
    return chunk
  }

  /**
   * Replaces a chunk by a copy of its used part if much of it would stay empty because the next object is too large for
   * it.
   */
  #trim(chunk: Chunk | undefined): void {
    if (chunk === undefined || (chunk.bytes.length - chunk.end) * 3 <= chunk.end) return
    this.#keep({ ...chunk })
    chunk.bytes = chunk.bytes.slice(0, chunk.end)
  }

  /** Removes the newest object, of this many bytes. */
  unwrite(bytes: number): void {
    const last = this.#chunks.at(-1)
    if (last === undefined) return
    last.end -= bytes + separatorBytes
    if (last.end > last.start) return
    this.#chunks.pop()
    this.#keep(last)
  }

  /** Removes the oldest objects: this many bytes, including the commas between them. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const taken = this.#bodies.take(bytes + separatorBytes)
    this.#move(taken.length, taken)
    return taken.subarray(0, bytes)
  }

  /** Drops the oldest object, of this many bytes. */
  drop(bytes: number): void {
    this.#move(bytes + separatorBytes)
  }

  #move(count: number, target?: Uint8Array): void {
    for (let left = count; left > 0;) {
      const [first] = this.#chunks
      if (first === undefined) throw new RangeError("cannot take more than was written")
      const size = Math.min(left, first.end - first.start)
      target?.set(first.bytes.subarray(first.start, first.start + size), count - left)
      first.start += size
      left -= size
      if (first.start === first.end) {
        this.#chunks.shift()
        this.#keep(first)
      }
    }
  }

  #keep(chunk: Chunk): void {
    if (chunk.bytes.length !== chunkBytes || this.#spares.length === mostSpares) return
    chunk.start = 0
    chunk.end = 0
    this.#spares.push(chunk)
  }
}
