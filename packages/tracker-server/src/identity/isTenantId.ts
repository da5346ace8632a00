import { Buffer } from "node:buffer"

/** Most bytes of UTF-8 that a tenant's name may have. */
const maxBytes = 255

/** What can name a tenant: some text without control characters. */
export const isTenantId = (text: string): boolean =>
  /^[^\p{Cc}\p{Cs}]+$/u.test(text) && Buffer.byteLength(text) <= maxBytes
