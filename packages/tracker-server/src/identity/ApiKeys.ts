import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { KeyScope, Principal } from "../api/Authorization.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Actor } from "./Actor.ts"

/** What may be told of a key. */
export interface ApiKey {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  readonly scopes: ReadonlyArray<KeyScope>
  /** UTC with six decimals. */
  readonly createdAt: string
  readonly revokedAt: string | null
}

export interface NewApiKey {
  readonly tenantId: string
  readonly name: string
  readonly scopes: ReadonlyArray<KeyScope>
}

/** A key just made: the one time that its secret is known. */
export interface MadeApiKey {
  readonly id: string
  readonly createdAt: string
  readonly secret: Redacted.Redacted
}

/** This secret already belongs to a key that cannot serve: another tenant's, or a revoked one. */
export class SecretTaken extends Schema.TaggedError<SecretTaken>()("SecretTaken", {
  keyId: Schema.String,
  problem: Schema.Literals(["revoked", "other_tenant", "fewer_scopes"])
}) {}

/** Whoever asks does so with a key that was revoked meanwhile. */
export class ActorRevoked extends Schema.TaggedError<ActorRevoked>()("ActorRevoked", { keyId: Schema.String }) {
  override get message() {
    return `The key ${this.keyId} was revoked. Ask with another.`
  }
}

/**
 * Port: API keys. Only the SHA-256 of a secret is kept, so a secret can be shown once, when it is made. Whatever makes
 * or ends a key notes it in the audit log.
 */
export class ApiKeys extends Context.Service<ApiKeys, {
  /** Whose secret this is; none when unknown or revoked. */
  readonly find: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Principal>, StoreUnavailable>
  /** Makes a key and answers its secret; none once the key that asks for it is revoked. */
  readonly create: (key: NewApiKey, by: Actor) => Effect.Effect<MadeApiKey, StoreUnavailable | ActorRevoked>
  /** Makes sure that a key with this secret exists, with at least these rights. Answers its id. */
  readonly ensure: (secret: Redacted.Redacted, key: NewApiKey) => Effect.Effect<string, StoreUnavailable | SecretTaken>
  /**
   * Makes the very first key; none when any key was ever made. `keep` gets the secret before the key counts, so that
   * no key exists whose secret nobody has. Several servers may ask at once, one of them makes it.
   */
  readonly createFirst: <E, R>(
    key: NewApiKey,
    keep: (secret: Redacted.Redacted) => Effect.Effect<void, E, R>
  ) => Effect.Effect<Option.Option<Redacted.Redacted>, StoreUnavailable | E, R>
  /** All keys of all tenants, oldest first. */
  readonly list: Effect.Effect<ReadonlyArray<ApiKey>, StoreUnavailable>
  /** At most `count` keys of one tenant, oldest first, from the one after `afterId` on. */
  readonly page: (
    tenantId: string,
    afterId: string | null,
    count: number
  ) => Effect.Effect<ReadonlyArray<ApiKey>, StoreUnavailable>
  /**
   * Ends a key for good; false when there is no such key, or `tenantId` is given and the key is another's. Revoking
   * twice keeps the first time.
   */
  readonly revoke: (id: string, by: Actor, tenantId?: string) => Effect.Effect<boolean, StoreUnavailable>
}>()("@durable-effect/tracker-server/ApiKeys") {}
