import { Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"

/** A new API key: `dek_` and 32 random bytes in base64url. */
export const makeSecret = (): Redacted.Redacted => Redacted.make(`dek_${randomBytes(32).toString("base64url")}`)

/** A new key id. It identifies the key in lists and logs and is not secret. */
export const makeKeyId = (): string => `key_${randomBytes(9).toString("base64url")}`

/** All that is stored of a secret. Secrets are random enough to need neither salt nor a slow hash. */
export const digest = (secret: Redacted.Redacted): Uint8Array =>
  new Uint8Array(createHash("sha256").update(Redacted.value(secret), "utf8").digest())
