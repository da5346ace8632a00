import { type Array as Arr, Effect, Latch } from "effect"
import type { TakeLimit } from "../EventBus.ts"
import type { NatsDelivery } from "./NatsDelivery.ts"

type Taken = Arr.NonEmptyReadonlyArray<NatsDelivery>

interface Taker {
  readonly limit: TakeLimit
  readonly resume: (taken: Taken) => void
}

/** Maximum messages held by a subscriber, including those it is processing. */
const maxCount = 2_000

/** A subscriber's messages: those waiting to be taken, and all that are unsettled. */
export class Inbox {
  /** Open while there is room to request more from the server. */
  readonly hasRoom = Latch.makeUnsafe(true)
  /** Redeliveries received. */
  redeliveries = 0
  private readonly unsettled = new Set<NatsDelivery>()
  private waiting: Array<NatsDelivery> = []
  private readonly takers: Array<Taker> = []
  private bytes = 0
  private isServing = false
  private maxBytes = 8 * 1024 * 1024

  /** Ensures room for several messages of the maximum size. */
  fit(maxPayloadBytes: number): void {
    this.maxBytes = Math.max(this.maxBytes, 4 * maxPayloadBytes)
  }

  /** How much to request: at most half of the capacity, since an earlier request may still deliver for a moment. */
  get room(): { readonly count: number; readonly bytes: number } {
    return {
      count: Math.min(maxCount / 2, maxCount - this.unsettled.size),
      bytes: Math.min(this.maxBytes / 2, this.maxBytes - this.bytes)
    }
  }

  get all(): ReadonlySet<NatsDelivery> {
    return this.unsettled
  }

  add(delivery: NatsDelivery): void {
    this.unsettled.add(delivery)
    this.bytes += delivery.bytes
    if (delivery.attempt > 1) this.redeliveries++
    this.checkRoom()
    this.waiting.push(delivery)
    if (this.takers.length === 0 || this.isServing) return
    this.isServing = true
    // Messages received together are passed on together.
    queueMicrotask(this.serve)
  }

  settled(delivery: NatsDelivery): void {
    if (!this.unsettled.delete(delivery)) return
    this.bytes -= delivery.bytes
    this.checkRoom()
  }

  take(limit: TakeLimit): Effect.Effect<Taken> {
    return Effect.callback((resume) => {
      const [first] = this.waiting
      if (first !== undefined) return resume(Effect.succeed(this.next(limit, first)))
      const taker: Taker = { limit, resume: (taken) => resume(Effect.succeed(taken)) }
      this.takers.push(taker)
      return Effect.sync(() => {
        const index = this.takers.indexOf(taker)
        if (index >= 0) this.takers.splice(index, 1)
      })
    })
  }

  private readonly serve = (): void => {
    this.isServing = false
    for (let [first] = this.waiting; first !== undefined; [first] = this.waiting) {
      const taker = this.takers.shift()
      if (taker === undefined) return
      taker.resume(this.next(taker.limit, first))
    }
  }

  private next(limit: TakeLimit, first: NatsDelivery): Taken {
    let bytes = first.bytes
    let count = 1
    for (; count < Math.min(limit.count, this.waiting.length); count++) {
      bytes += this.waiting[count]?.bytes ?? 0
      if (bytes > limit.bytes) break
    }
    const [, ...others] = this.waiting.slice(0, count)
    this.waiting = this.waiting.slice(count)
    return [first, ...others]
  }

  /** Requests more when half is settled, so that there is work in the meantime. */
  private checkRoom(): void {
    if (this.unsettled.size * 2 <= maxCount && this.bytes * 2 <= this.maxBytes) this.hasRoom.openUnsafe()
    else this.hasRoom.closeUnsafe()
  }
}
