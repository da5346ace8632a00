const encoder = new TextEncoder()

const escaped = (character: string): string =>
  [...encoder.encode(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")

/**
 * A value encoded for a header: anything except printable ASCII, and also space, `"` and `%`, becomes percent-encoded
 * UTF-8.
 */
export const percentEncode = (value: string): string => value.replaceAll(/[^!#$&-~]/gu, escaped)

/** Older senders quote values that contain spaces. */
const unquoted = (value: string): string =>
  /^".*"$/su.test(value) && value.length > 1 ? value.slice(1, -1).replaceAll(/\\(.)/gsu, "$1") : value

/** Decodes a header value; `undefined` if its percent-encoded bytes are not UTF-8. */
export const percentDecode = (value: string): string | undefined => {
  try {
    return decodeURIComponent(unquoted(value))
  } catch {
    return undefined
  }
}
