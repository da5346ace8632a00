/** A JSON object as `JSON.parse` answers it. */
export type JsonObject = { readonly [key: string]: unknown }

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What is wrong with a JSON value, or whether it needs `repaired` text. */
export type Finding = "fine" | "needsRepair" | "too_deep" | "invalid_number"

/** NUL, which PostgreSQL cannot hold, and lone surrogates, which UTF-8 cannot write. */
export const isCleanText = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

const repairedText = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD")

/**
 * Looks through a parsed value once. The containers count against `maxDepth`, the value itself first. `1e400` is found
 * as the Infinity that `JSON.parse` makes of it.
 */
export const examine = (value: unknown, maxDepth: number): Finding => {
  if (typeof value === "string") return isCleanText(value) ? "fine" : "needsRepair"
  if (typeof value === "number") return Number.isFinite(value) ? "fine" : "invalid_number"
  if (typeof value !== "object" || value === null) return "fine"
  if (maxDepth === 0) return "too_deep"
  let result: Finding = "fine"
  const note = (finding: Finding): boolean => {
    if (finding !== "fine") result = finding
    return finding === "too_deep" || finding === "invalid_number"
  }
  if (Array.isArray(value)) {
    for (const item of value) {
      if (note(examine(item, maxDepth - 1))) return result
    }
    return result
  }
  for (const [key, item] of Object.entries(value)) {
    if (!isCleanText(key)) result = "needsRepair"
    if (note(examine(item, maxDepth - 1))) return result
  }
  return result
}

/** A copy in which NUL and lone surrogates, in text and in keys, have become U+FFFD. */
export const repaired = (value: unknown): unknown => {
  if (typeof value === "string") return repairedText(value)
  if (Array.isArray(value)) return value.map(repaired)
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [repairedText(key), repaired(item)]))
    : value
}

const quotedKeys = new Map<string, string>()
const maxQuotedKeys = 1000

/** A member's name and colon. Events use few names, so the first ones are remembered. */
export const quotedKey = (key: string): string => {
  const present = quotedKeys.get(key)
  if (present !== undefined) return present
  const quoted = `${JSON.stringify(key)}:`
  if (quotedKeys.size < maxQuotedKeys) quotedKeys.set(key, quoted)
  return quoted
}

/** RFC 8785: one text for all ways to write the same value. Takes finite numbers and well-formed text. */
export const canonicalJson = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  let text = ""
  if (Array.isArray(value)) {
    for (const item of value) text += `${text === "" ? "" : ","}${canonicalJson(item)}`
    return `[${text}]`
  }
  if (!isJsonObject(value)) return "null"
  for (const key of Object.keys(value).sort()) {
    text += `${text === "" ? "" : ","}${quotedKey(key)}${canonicalJson(value[key])}`
  }
  return `{${text}}`
}

/**
 * A value as JSON text for safe-keeping, whatever is wrong with it. Infinity is written as a number that reads as
 * Infinity again. `undefined` for a value nested too deeply to be written.
 */
export const keptJson = (value: unknown): string | undefined => {
  const marker = "\u0000infinite:"
  try {
    const text = JSON.stringify(
      value,
      (_, item: unknown) =>
        typeof item === "number" && !Number.isFinite(item) ? `${marker}${item < 0 ? "-" : ""}` : item
    )
    return text.replaceAll(/"\\u0000infinite:(-?)"/g, "$11e999")
  } catch {
    return undefined
  }
}
