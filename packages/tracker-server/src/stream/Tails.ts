import { Effect, Fiber, type Scope } from "effect"
import type { TimelineFeed } from "../storage/TimelineFeed.ts"
import type { Reader } from "./Reader.ts"
import type { Settings } from "./StreamSettings.ts"
import { Tail } from "./Tail.ts"

interface Following {
  readonly tail: Tail
  /** `undefined` until it has been started, which its first reader waits for. */
  fiber: Fiber.Fiber<never> | undefined
  readers: number
}

/** One tail per tenant that has readers, for as long as it has. */
export class Tails {
  private readonly all = new Map<string, Following>()
  private readonly feed: TimelineFeed["Service"]
  private readonly settings: Settings
  constructor(feed: TimelineFeed["Service"], settings: Settings) {
    this.feed = feed
    this.settings = settings
  }

  find(tenantId: string): Tail | undefined {
    return this.all.get(tenantId)?.tail
  }

  /** Tells a tenant's tail, or all of them, that there may be new events. */
  wake(tenantId: string | undefined): void {
    if (tenantId !== undefined) this.find(tenantId)?.wake()
    else for (const { tail } of this.all.values()) tail.wake()
  }

  /** The tail of a reader's tenant, which the reader leaves when the scope closes. */
  enter(tenantId: string, reader: Reader): Effect.Effect<Tail, never, Scope.Scope> {
    const start = Effect.suspend(() => {
      const present = this.all.get(tenantId)
      if (present !== undefined) {
        present.readers++
        return Effect.succeed(present)
      }
      const following: Following = {
        tail: new Tail(tenantId, this.feed, this.settings),
        fiber: undefined,
        readers: 1
      }
      this.all.set(tenantId, following)
      return Effect.map(Effect.forkDetach(following.tail.follow), (fiber) => {
        following.fiber = fiber
        return following
      })
    })
    const leave = (following: Following) =>
      Effect.suspend(() => {
        following.tail.leave(reader)
        following.readers--
        if (following.readers > 0) return Effect.void
        this.all.delete(tenantId)
        return following.fiber === undefined ? Effect.void : Fiber.interrupt(following.fiber)
      })
    return Effect.map(Effect.acquireRelease(start, leave), ({ tail }) => tail)
  }
}
