import { Buffer } from "node:buffer"

/** Maximum length of a tenant id in bytes of UTF-8. */
const maxBytes = 255

/** Whether a text can be a tenant id: not empty, without control characters. */
export const isTenantId = (text: string): boolean =>
  /^[^\p{Cc}\p{Cs}]+$/u.test(text) && Buffer.byteLength(text) <= maxBytes
