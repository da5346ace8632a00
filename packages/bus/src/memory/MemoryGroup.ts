import { type Array as Arr, Effect } from "effect"
import type { Delivery, Message, TakeLimit } from "../EventBus.ts"
import { messageBytes } from "../messageBytes.ts"

/** A message to be delivered to one group. */
export interface Pending {
  readonly message: Message
  readonly bytes: number
  attempt: number
}

interface Taker {
  readonly limit: TakeLimit
  readonly resume: (taken: ReadonlyArray<Pending>) => void
}

/** The messages that one group has not settled. */
export class MemoryGroup {
  private waiting: Array<Pending> = []
  private readonly taken = new Set<Pending>()
  private readonly takers: Array<Taker> = []
  /** Number of messages awaiting delayed redelivery. */
  private delayed = 0
  readonly topic: string
  constructor(topic: string) {
    this.topic = topic
  }

  get lag(): number {
    return this.waiting.length + this.taken.size + this.delayed
  }

  add(message: Message): void {
    this.enqueue({ message, bytes: messageBytes(message), attempt: 0 })
  }

  take(limit: TakeLimit, mine: Set<Pending>): Effect.Effect<Arr.NonEmptyReadonlyArray<Delivery>> {
    return Effect.callback((resume) => {
      const taker: Taker = {
        limit,
        resume: (taken) => {
          const [first, ...others] = taken.map((pending) => this.deliver(pending, mine))
          if (first !== undefined) resume(Effect.succeed([first, ...others]))
        }
      }
      if (this.waiting.length > 0) return taker.resume(this.next(limit))
      this.takers.push(taker)
      return Effect.sync(() => {
        const index = this.takers.indexOf(taker)
        if (index >= 0) this.takers.splice(index, 1)
      })
    })
  }

  /** Returns the messages a subscriber held when it ended. */
  release(mine: ReadonlySet<Pending>): void {
    for (const pending of mine) if (this.taken.delete(pending)) this.enqueue(pending)
  }

  private enqueue(pending: Pending): void {
    this.waiting.push(pending)
    const taker = this.takers.shift()
    if (taker !== undefined) taker.resume(this.next(taker.limit))
  }

  private next(limit: TakeLimit): ReadonlyArray<Pending> {
    let bytes = 0
    let count = 0
    for (; count < Math.min(limit.count, this.waiting.length); count++) {
      bytes += this.waiting[count]?.bytes ?? 0
      if (count > 0 && bytes > limit.bytes) break
    }
    return this.waiting.splice(0, count)
  }

  private deliver(pending: Pending, mine: Set<Pending>): Delivery {
    pending.attempt++
    this.taken.add(pending)
    mine.add(pending)
    /** Returns whether it was still unsettled. */
    const settle = (): boolean => {
      mine.delete(pending)
      return this.taken.delete(pending)
    }
    return {
      ...pending.message,
      topic: this.topic,
      bytes: pending.bytes,
      attempt: pending.attempt,
      damage: undefined,
      acknowledge: Effect.sync(() => void settle()),
      reject: Effect.sync(() => void settle()),
      retryLater: (delayMs = 0) =>
        Effect.suspend(() => {
          if (!settle()) return Effect.void
          if (delayMs <= 0) return Effect.sync(() => this.enqueue(pending))
          this.delayed++
          return Effect.asVoid(Effect.forkDetach(Effect.andThen(
            Effect.sleep(delayMs),
            Effect.sync(() => {
              this.delayed--
              this.enqueue(pending)
            })
          )))
        })
    }
  }
}
