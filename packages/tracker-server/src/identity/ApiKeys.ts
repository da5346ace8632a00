import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { KeyScope, Principal } from "../api/Authorization.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Actor } from "./Actor.ts"

/** The public data of a key. */
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

/** A newly created key: the only time its secret is known. */
export interface MadeApiKey {
  readonly id: string
  readonly createdAt: string
  readonly secret: Redacted.Redacted
}

/** This secret already belongs to a key that cannot be used: another tenant's, or a revoked one. */
export class SecretTaken extends Schema.TaggedError<SecretTaken>()("SecretTaken", {
  keyId: Schema.String,
  problem: Schema.Literals(["revoked", "other_tenant", "fewer_scopes"])
}) {}

/** The caller's key has been revoked in the meantime. */
export class ActorRevoked extends Schema.TaggedError<ActorRevoked>()("ActorRevoked", { keyId: Schema.String }) {
  override get message() {
    return `The key ${this.keyId} was revoked. Use another one.`
  }
}

/**
 * Port: API keys. Only the SHA-256 of a secret is stored, so a secret can be shown only once, at creation. Creating and
 * revoking keys is recorded in the audit log.
 */
export class ApiKeys extends Context.Service<ApiKeys, {
  /** The owner of this secret; `None` if unknown or revoked. */
  readonly find: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Principal>, StoreUnavailable>
  /** Creates a key and returns its secret; `None` if the requesting key has been revoked. */
  readonly create: (key: NewApiKey, by: Actor) => Effect.Effect<MadeApiKey, StoreUnavailable | ActorRevoked>
  /** Ensures that a key with this secret and at least these rights exists. Returns its id. */
  readonly ensure: (secret: Redacted.Redacted, key: NewApiKey) => Effect.Effect<string, StoreUnavailable | SecretTaken>
  /**
   * Creates the very first key; `None` if any key was ever created. `keep` receives the secret before the key becomes
   * valid, so that no key exists whose secret nobody has. If several servers call this at once, one of them creates it.
   */
  readonly createFirst: <E, R>(
    key: NewApiKey,
    keep: (secret: Redacted.Redacted) => Effect.Effect<void, E, R>
  ) => Effect.Effect<Option.Option<Redacted.Redacted>, StoreUnavailable | E, R>
  /** All keys of all tenants, oldest first. */
  readonly list: Effect.Effect<ReadonlyArray<ApiKey>, StoreUnavailable>
  /** At most `count` keys of one tenant, oldest first, starting after `afterId`. */
  readonly page: (
    tenantId: string,
    afterId: string | null,
    count: number
  ) => Effect.Effect<ReadonlyArray<ApiKey>, StoreUnavailable>
  /**
   * Revokes a key permanently; false if there is no such key, or `tenantId` is given and the key is another tenant's.
   * Revoking it again keeps the first time. Once it returns, nothing more that was sent with the key is committed; if
   * it fails for being made to wait too long, the key is revoked all the same.
   */
  readonly revoke: (id: string, by: Actor, tenantId?: string) => Effect.Effect<boolean, StoreUnavailable>
}>()("@durable-effect/tracker-server/ApiKeys") {}
