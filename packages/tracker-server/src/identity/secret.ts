import { Redacted } from "effect"
import { createHash, randomBytes } from "node:crypto"

/** A new API key: `dek_` and 32 random bytes in base64url. */
export const makeSecret = (): Redacted.Redacted => Redacted.make(`dek_${randomBytes(32).toString("base64url")}`)

/** A new id for a key. It names the key in lists and logs and is no secret. */
export const makeKeyId = (): string => `key_${randomBytes(9).toString("base64url")}`

/** All that is kept of a secret. A secret is random enough that no salt and no slow hash are needed. */
export const digest = (secret: Redacted.Redacted): Uint8Array =>
  new Uint8Array(createHash("sha256").update(Redacted.value(secret), "utf8").digest())
