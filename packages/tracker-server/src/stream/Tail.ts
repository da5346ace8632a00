import { Effect, Latch, Semaphore } from "effect"
import { Buffer } from "node:buffer"
import type { FeedPage, TimelineFeed } from "../storage/TimelineFeed.ts"
import { trackingMessage } from "./messages.ts"
import { beginning, isBefore, type StreamPosition } from "./position.ts"
import type { Reader } from "./Reader.ts"
import type { Settings } from "./StreamSettings.ts"

interface Message {
  readonly bytes: Buffer
  readonly position: StreamPosition
}

/** Sends messages as a single buffer, shared by all readers that need all of them. */
const sendAll = (messages: ReadonlyArray<Message>, readers: Iterable<Reader>) => {
  const all = Buffer.concat(messages.map(({ bytes }) => bytes))
  const first = messages[0]
  if (first === undefined) return
  for (const reader of readers) {
    if (isBefore(reader.from, first.position)) reader.send(all)
    else {
      const rest = messages.filter(({ position }) => isBefore(reader.from, position))
      if (rest.length > 0) reader.send(Buffer.concat(rest.map(({ bytes }) => bytes)))
    }
  }
}

/** Follows one tenant's commits for all of its readers on this server: one read of the store, however many readers. */
export class Tail {
  readonly tenantId: string
  /** Everything before this position has been sent. */
  frontier: StreamPosition = beginning
  readonly readers = new Set<Reader>()
  private readonly ofAll = new Set<Reader>()
  private readonly ofPlan = new Map<string, Set<Reader>>()
  private readonly settings: Settings
  private readonly feed: TimelineFeed["Service"]
  private readonly hint = Latch.makeUnsafe()
  /** Held while reading the store, so that no reader with other filters joins in the meantime. */
  private readonly lock = Semaphore.makeUnsafe(1)
  constructor(tenantId: string, feed: TimelineFeed["Service"], settings: Settings) {
    this.tenantId = tenantId
    this.feed = feed
    this.settings = settings
  }

  wake(): void {
    this.hint.openUnsafe()
  }

  /**
   * Adds a reader that has read up to a position; false if the tail is already past it, so that it must keep reading.
   */
  join(reader: Reader, position: StreamPosition): Effect.Effect<boolean> {
    return this.lock.withPermits(1)(Effect.sync(() => {
      if (this.readers.size > 0 && isBefore(position, this.frontier)) return false
      if (this.readers.size === 0) this.frontier = position
      const { plan } = reader.options
      reader.from = position
      reader.isLive = true
      this.readers.add(reader)
      if (plan === null) this.ofAll.add(reader)
      else this.ofPlan.set(plan, (this.ofPlan.get(plan) ?? new Set()).add(reader))
      this.wake()
      return true
    }))
  }

  leave(reader: Reader): void {
    const { plan } = reader.options
    this.readers.delete(reader)
    this.ofAll.delete(reader)
    if (plan !== null) {
      this.ofPlan.get(plan)?.delete(reader)
      if (this.ofPlan.get(plan)?.size === 0) this.ofPlan.delete(plan)
    }
  }

  /** Sends new events for as long as it runs. */
  get follow(): Effect.Effect<never> {
    const { hint, look } = this
    const { pauseMs, pollMs } = this.settings
    return Effect.gen(function*() {
      // Behind a long-running transaction nothing becomes visible for a long time, whatever the hints say.
      let heldBackMs = pauseMs
      while (true) {
        const page = yield* look
        if (page?.isHeldBack !== true || page.hasMore || page.events.length > 0) heldBackMs = pauseMs
        if (page?.hasMore === true) continue
        yield* Effect.sleep(pauseMs)
        if (page?.isHeldBack === true) {
          yield* Effect.sleep(heldBackMs)
          heldBackMs = Math.min(heldBackMs * 2, pollMs)
        } else yield* Effect.timeoutOption(hint.await, pollMs)
      }
    })
  }

  /**
   * One read of the store; `undefined` if there are no readers or the store is down, in which case the next read
   * follows later.
   */
  private get look(): Effect.Effect<FeedPage | undefined> {
    return this.lock.withPermits(1)(Effect.suspend(() => {
      this.hint.closeUnsafe()
      if (this.readers.size === 0) return Effect.succeed(undefined)
      const plans = this.ofAll.size > 0 ? null : [...this.ofPlan.keys()]
      return Effect.map(this.feed.page(this.tenantId, this.frontier, plans), (page) => {
        this.publish(page)
        return page
      })
    })).pipe(
      Effect.catch((error) =>
        Effect.as(Effect.logWarning("The stream cannot look for new events; it tries again", error), undefined)
      ),
      // Retrying may never help: end the readers' streams, so that they notice and can reconnect to another server.
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.andThen(
            Effect.logError("Streams end: looking for new events fails", defect),
            Effect.sync(() => this.readers.forEach((reader) => reader.end()))
          ),
          undefined
        )
      )
    )
  }

  private publish({ events, next }: FeedPage): void {
    this.frontier = next
    const messages = events.map((event) => ({ bytes: trackingMessage(event), position: event.position }))
    if (this.ofAll.size > 0) sendAll(messages, this.ofAll)
    const byPlan = new Map<string, Array<Message>>()
    events.forEach(({ plans }, i) => {
      const message = messages[i]
      for (const plan of plans) {
        if (message === undefined || !this.ofPlan.has(plan)) continue
        const ofPlan = byPlan.get(plan) ?? []
        byPlan.set(plan, ofPlan)
        ofPlan.push(message)
      }
    })
    for (const [plan, ofPlan] of byPlan) sendAll(ofPlan, this.ofPlan.get(plan) ?? [])
  }
}
