import { Console, Effect, Redacted, Schema } from "effect"
import { Argument, Flag } from "effect/cli"
import { KeyScope } from "../api/Authorization.ts"
import { InvalidSetting } from "../config.ts"
import { ApiKeys } from "../identity/ApiKeys.ts"
import { shownInstant } from "../projection/instant.ts"
import type { sharedFlags } from "./flags.ts"
import type { FlagValues } from "./FlagValues.ts"
import { readTenant } from "./readTenant.ts"
import { table } from "./table.ts"
import { withExistingStore, withStore } from "./withStore.ts"

type Shared = FlagValues<typeof sharedFlags>

/** There is no key with this id. */
export class UnknownKey extends Schema.TaggedError<UnknownKey>()("UnknownKey", { id: Schema.String }) {
  override get message() {
    return `There is no key ${this.id}. \`tracker-server keys list\` shows all.`
  }
}

const isScope = Schema.is(KeyScope)

const readScopes = (text: string): Effect.Effect<ReadonlyArray<KeyScope>, InvalidSetting> => {
  const scopes = [...new Set(text.split(",").map((scope) => scope.trim()))]
  return scopes.every(isScope) ? Effect.succeed(scopes) : Effect.fail(
    new InvalidSetting({
      name: "--scope",
      expected: "ingest, query or admin, several with commas between",
      value: text
    })
  )
}

export const createFlags = {
  tenant: Flag.String("tenant").pipe(
    Flag.withMetavar("NAME"),
    Flag.withDescription("Tenant that the key belongs to, such as default (required)")
  ),
  scope: Flag.String("scope").pipe(
    Flag.withMetavar("SCOPES"),
    Flag.withDescription("What the key allows: ingest, query, admin, several with commas between (required)")
  ),
  name: Flag.String("name").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("What the key is for, shown in lists"),
    Flag.withDefault("")
  )
}

/** Prints only the secret to standard output, so that scripts can read it; everything else goes to standard error. */
export const runCreate = (flags: Shared & FlagValues<typeof createFlags>) =>
  Effect.gen(function*() {
    const tenantId = yield* readTenant("--tenant", flags.tenant)
    const scopes = yield* readScopes(flags.scope)
    const { id, secret } = yield* withStore(
      flags,
      () => Effect.flatMap(ApiKeys, (keys) => keys.create({ tenantId, scopes, name: flags.name }, "cli"))
    )
    yield* Console.error(
      `${id} for the tenant ${tenantId}, scopes ${scopes.join(", ")}; its secret is shown this once:`
    )
    yield* Console.log(Redacted.value(secret))
  })

export const runList = (flags: Shared) =>
  Effect.gen(function*() {
    const keys = yield* withExistingStore(flags, Effect.flatMap(ApiKeys, (keys) => keys.list))
    const rows = keys.map((key) => [
      key.id,
      key.tenantId,
      key.scopes.join(","),
      shownInstant(key.createdAt),
      key.revokedAt === null ? "-" : shownInstant(key.revokedAt),
      key.name
    ])
    yield* Console.log(table([["ID", "TENANT", "SCOPES", "CREATED", "REVOKED", "NAME"], ...rows]))
  })

export const revokeArguments = {
  id: Argument.String("id").pipe(Argument.withDescription("The key's id, such as key_abc"))
}

export const runRevoke = (flags: Shared & { readonly id: string }) =>
  Effect.gen(function*() {
    const found = yield* withExistingStore(flags, Effect.flatMap(ApiKeys, (keys) => keys.revoke(flags.id, "cli")))
    yield* found ? Console.log(`${flags.id} is revoked`) : new UnknownKey({ id: flags.id })
  })
