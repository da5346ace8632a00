import { type Cause, Effect, Queue, type Redacted, Stream } from "effect"
import type { Buffer } from "node:buffer"
import type { Principal } from "../api/Authorization.ts"
import { farewell } from "./messages.ts"
import { beginning, type StreamPosition } from "./position.ts"

export interface ReaderOptions {
  readonly principal: Principal
  /** Of its key, which is looked up again from time to time. */
  readonly secret: Redacted.Redacted
  /** The plan or job instance that it watches; null for all. */
  readonly plan: string | null
  readonly maxWaitingBytes: number
  readonly nowMs: () => number
  /** Ends the connection of a reader that takes nothing. */
  readonly cutOff: () => void
}

/** Somebody who reads a stream. What waits for it is bounded: one that does not keep up is dropped, and comes again. */
export class Reader {
  readonly options: ReaderOptions
  /** Nothing before this place is for it: it was sent already. */
  from: StreamPosition = beginning
  /** Whether it gets what comes, rather than still reading what came before. */
  isLive = false
  /** Whether its stream is over, but for what still waits. */
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

  /** What it is sent once it is live, until it ends. */
  get messages(): Stream.Stream<Buffer> {
    return Stream.tap(Stream.fromQueue(this.queue), (bytes) =>
      Effect.sync(() => {
        this.waitingBytes -= bytes.length
        this.noteTaken()
      }))
  }

  /** Whether nothing waits for it. */
  get isIdle(): boolean {
    return this.waitingBytes === 0
  }

  /** It took what it was given. */
  noteTaken(): void {
    this.lastTakenMs = this.options.nowMs()
  }

  /** Whether it has had something to take for this long, and did not. */
  isStalled(patienceMs: number): boolean {
    return (!this.isLive || !this.isIdle) && this.options.nowMs() - this.lastTakenMs > patienceMs
  }

  /** Hands it bytes; a reader for which too much waits is dropped. */
  send(bytes: Buffer): void {
    if (this.isIdle) this.noteTaken()
    // A single message may be larger than all that may wait.
    if (!this.isIdle && this.waitingBytes + bytes.length > this.options.maxWaitingBytes) {
      this.drop()
      return
    }
    this.waitingBytes += bytes.length
    Queue.offerUnsafe(this.queue, bytes)
  }

  /** Ends its stream in order: it gets what waits, and is told when to come again. */
  end(): void {
    if (this.isEnded) return
    this.isEnded = true
    this.waitingBytes += farewell.length
    Queue.offerUnsafe(this.queue, farewell)
    Queue.endUnsafe(this.queue)
  }

  /** Ends it at once, whatever waits. */
  drop(): void {
    this.end()
    this.options.cutOff()
  }
}
