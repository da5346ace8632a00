import { type Cause, Effect, Queue, type Redacted, Stream } from "effect"
import type { Buffer } from "node:buffer"
import type { Principal } from "../api/Authorization.ts"
import { farewell } from "./messages.ts"
import { beginning, type StreamPosition } from "./position.ts"

export interface ReaderOptions {
  readonly principal: Principal
  /** Its key's secret; the key is looked up again from time to time. */
  readonly secret: Redacted.Redacted
  /** The plan or job instance it watches; null for all. */
  readonly plan: string | null
  readonly maxWaitingBytes: number
  readonly nowMs: () => number
  /** Closes the connection of a reader that has stopped reading. */
  readonly cutOff: () => void
}

/** A reader of a stream. Its queue is bounded: a reader that does not keep up is dropped, and reconnects. */
export class Reader {
  readonly options: ReaderOptions
  /** Events before this position are not for it: they were already sent. */
  from: StreamPosition = beginning
  /** Whether it receives new events, rather than still catching up. */
  isLive = false
  /** Whether its stream is over, except for queued messages. */
  isEnded = false
  private waitingBytes = 0
  private lastTakenMs: number
  private readonly queue: Queue.Queue<Buffer, Cause.Done>
  constructor(options: ReaderOptions, queue: Queue.Queue<Buffer, Cause.Done>) {
    this.options = options
    this.queue = queue
    this.lastTakenMs = options.nowMs()
  }

  static readonly make = (options: ReaderOptions): Effect.Effect<Reader> =>
    Effect.map(Queue.unbounded<Buffer, Cause.Done>(), (queue) => new Reader(options, queue))

  /** The messages it is sent once it is live, until it ends. */
  get messages(): Stream.Stream<Buffer> {
    return Stream.tap(Stream.fromQueue(this.queue), (bytes) =>
      Effect.sync(() => {
        this.waitingBytes -= bytes.length
        this.noteTaken()
      }))
  }

  /** Whether its queue is empty. */
  get isIdle(): boolean {
    return this.waitingBytes === 0
  }

  /** Records that it has read what it was sent. */
  noteTaken(): void {
    this.lastTakenMs = this.options.nowMs()
  }

  /** Whether it has left messages unread for this long. */
  isStalled(patienceMs: number): boolean {
    return (!this.isLive || !this.isIdle) && this.options.nowMs() - this.lastTakenMs > patienceMs
  }

  /** Queues bytes; drops the reader if its queue is full. */
  send(bytes: Buffer): void {
    if (this.isIdle) this.noteTaken()
    // A single message may exceed the queue's limit.
    if (!this.isIdle && this.waitingBytes + bytes.length > this.options.maxWaitingBytes) {
      this.drop()
      return
    }
    this.waitingBytes += bytes.length
    Queue.offerUnsafe(this.queue, bytes)
  }

  /** Ends its stream gracefully: it receives what is queued, and is told when to reconnect. */
  end(): void {
    if (this.isEnded) return
    this.isEnded = true
    this.waitingBytes += farewell.length
    Queue.offerUnsafe(this.queue, farewell)
    Queue.endUnsafe(this.queue)
  }

  /** Ends it immediately, whatever is queued. */
  drop(): void {
    this.end()
    this.options.cutOff()
  }
}
