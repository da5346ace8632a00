import { Cache, Context, Duration, Effect, Exit, Layer, Option, Redacted } from "effect"
import type { Principal } from "../api/Authorization.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { ApiKeys } from "./ApiKeys.ts"

/**
 * How long a key that was found counts without being looked up again, and so the longest that a key works on which was
 * ended elsewhere: by another server, or by a command.
 */
const freshness = Duration.seconds(1)

/** Keys that are remembered at once; the one that was used least lately goes first. */
const remembered = 1000

/** Keys as requests look them up: those that come with the same one at the same time, or soon after, cost one look. */
export class RecentKeys extends Context.Service<RecentKeys, {
  /** Whose secret this is; none when unknown or revoked, which is not remembered. */
  readonly find: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Principal>, StoreUnavailable>
  /** Looks all keys up anew from here on: whoever ends one here calls it. */
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
