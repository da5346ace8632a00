import { Cache, Context, Duration, Effect, Exit, Layer, Option, Redacted } from "effect"
import type { Principal } from "../api/Authorization.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { ApiKeys } from "./ApiKeys.ts"

/**
 * How long a found key is cached, and so the longest time a key keeps working after it was revoked elsewhere: by
 * another server or by a command.
 */
const freshness = Duration.seconds(1)

/** Maximum number of cached keys; the least recently used is evicted first. */
const remembered = 1000

/**
 * The cache through which requests look up keys: requests using the same key at the same time, or soon after, cost one
 * lookup.
 */
export class RecentKeys extends Context.Service<RecentKeys, {
  /** The owner of this secret; `None` if unknown or revoked, which is not cached. */
  readonly find: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Principal>, StoreUnavailable>
  /** Clears the cache; call it after revoking a key in this process. */
  readonly forget: Effect.Effect<void>
}>()("@durable-effect/tracker-server/RecentKeys") {}

export const layer = Layer.effect(
  RecentKeys,
  Effect.gen(function*() {
    const { find } = yield* ApiKeys
    const cache = yield* Cache.makeWith((secret: string) => find(Redacted.make(secret)), {
      capacity: remembered,
      timeToLive: (exit) => Exit.isSuccess(exit) && Option.isSome(exit.value) ? freshness : Duration.zero
    })
    return {
      find: (secret) => Cache.get(cache, Redacted.value(secret)),
      forget: Cache.invalidateAll(cache)
    }
  })
)
