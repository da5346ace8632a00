import { Console, Effect, Option, Redacted, Schema } from "effect"
import { chmodSync, writeFileSync } from "node:fs"
import { ApiKeys, SecretTaken } from "./ApiKeys.ts"

/** The tenant of the key that a server creates by itself. */
export const defaultTenant = "default"

/** The first key could not be saved where its owner looks for it. */
export class KeyNotKept extends Schema.TaggedError<KeyNotKept>()("KeyNotKept", {
  file: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `The first API key could not be written to ${this.file}: ${
      this.cause instanceof Error ? this.cause.message : String(this.cause)
    }. Make that folder writable, or give a key by --api-key.`
  }
}

/** The secret given by `--api-key` belongs to a key that cannot be used for what is required. */
export class ApiKeyUnusable extends Schema.TaggedError<ApiKeyUnusable>()("ApiKeyUnusable", {
  keyId: Schema.String,
  problem: SecretTaken.fields.problem
}) {
  override get message() {
    const why = {
      revoked: "was revoked",
      other_tenant: "belongs to another tenant",
      fewer_scopes: "does not have all scopes"
    }[this.problem]
    return `The key given by --api-key (or TRACKER_API_KEY) is ${this.keyId}, which ${why}. Give another secret.`
  }
}

const keepIn = (file: string, secret: Redacted.Redacted) =>
  Effect.try({
    try: () => {
      writeFileSync(file, `${Redacted.value(secret)}\n`, { mode: 0o600 })
      // The mode above applies only to a new file.
      chmodSync(file, 0o600)
    },
    catch: (cause) => new KeyNotKept({ file, cause })
  })

const rights = { tenantId: defaultTenant, scopes: ["ingest", "query", "admin"] as const }

/**
 * Makes sure that a new server can be used: the given key exists, or, if there was never any key, creates one, prints
 * it this once, and saves it in `file`.
 */
export const ensureFirstKey = Effect.fnUntraced(function*(
  given: Option.Option<Redacted.Redacted>,
  file: Option.Option<string>
) {
  const keys = yield* ApiKeys
  if (Option.isSome(given)) {
    yield* keys.ensure(given.value, { ...rights, name: "given at start" }).pipe(
      Effect.catchTag("SecretTaken", ({ keyId, problem }) => Effect.fail(new ApiKeyUnusable({ keyId, problem })))
    )
    return
  }
  const made = yield* keys.createFirst(
    { ...rights, name: "first key" },
    (secret) => Option.match(file, { onNone: () => Effect.void, onSome: (file) => keepIn(file, secret) })
  )
  if (Option.isNone(made)) return
  const kept = Option.match(file, { onNone: () => "shown this once", onSome: (file) => `kept in ${file}` })
  yield* Console.log(`API key of the tenant ${defaultTenant}, ${kept}: ${Redacted.value(made.value)}`)
})
