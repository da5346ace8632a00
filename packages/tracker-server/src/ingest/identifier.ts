import { Buffer } from "node:buffer"
import { isCleanText } from "./json.ts"

/** Maximum length of an id or type in bytes of UTF-8. */
export const maxIdentifierBytes = 255

/** What is wrong with an id or type. */
export type IdentifierFault = "not text" | "empty" | "too long" | "unclean" | "dots"

/** `.` and `..` are rejected as ids, since URLs cannot carry them. */
export const identifierFault = (value: unknown): IdentifierFault | undefined => {
  if (typeof value !== "string") return "not text"
  if (value === "") return "empty"
  if (!isCleanText(value)) return "unclean"
  if (value === "." || value === "..") return "dots"
  // A UTF-16 unit is at most three bytes of UTF-8, so most ids need no counting.
  return value.length * 3 > maxIdentifierBytes && Buffer.byteLength(value) > maxIdentifierBytes ? "too long" : undefined
}

const sentences: Record<IdentifierFault, string> = {
  "not text": "is not a string",
  empty: "is empty",
  "too long": `is longer than ${maxIdentifierBytes} bytes of UTF-8`,
  unclean: "holds NUL or a lone surrogate",
  dots: "is . or .., which no URL can carry"
}

/** The fault as the rest of a sentence that begins with the field's name. */
export const describeFault = (fault: IdentifierFault): string => sentences[fault]
