const encoder = new TextEncoder()

const escaped = (character: string): string =>
  [...encoder.encode(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("")

/** A value as a header carries it: what is not printable ASCII, and space, `"` and `%`, percent-encoded UTF-8. */
export const percentEncode = (value: string): string => value.replaceAll(/[^!#$&-~]/gu, escaped)

/** Older senders put values with spaces into quotes. */
const unquoted = (value: string): string =>
  /^".*"$/su.test(value) && value.length > 1 ? value.slice(1, -1).replaceAll(/\\(.)/gsu, "$1") : value

/** The value of a header; undefined where what is percent-encoded in it is not UTF-8. */
export const percentDecode = (value: string): string | undefined => {
  try {
    return decodeURIComponent(unquoted(value))
  } catch {
    return undefined
  }
}
