declare global {
  interface JSON {
    /** JSON text that `JSON.stringify` writes verbatim. Node has it; TypeScript's library does not declare it yet. */
    rawJSON(text: string): object
  }
}

/** A JSON object as returned by `JSON.parse`. */
export type JsonObject = { readonly [key: string]: unknown }

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What is wrong with a JSON value. */
export type Finding = "too_deep" | "invalid_number"

/** Whether a text is free of NUL, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot encode. */
export const isCleanText = (text: string): boolean => text.isWellFormed() && !text.includes("\0")

/** Whether JSON text may hold what is not clean: `JSON.stringify` writes NUL and lone surrogates as `\u` escapes. */
export const mayBeUnclean = (json: string): boolean => json.includes("\\u")

/**
 * The first fault of a parsed value; `undefined` if it has none. Objects and arrays, the outermost included, count
 * towards `maxDepth`. `1e400` is detected as the Infinity that `JSON.parse` makes of it.
 */
export const examine = (value: unknown, maxDepth: number): Finding | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "invalid_number"
  if (typeof value !== "object" || value === null) return undefined
  if (maxDepth === 0) return "too_deep"
  if (Array.isArray(value)) {
    for (const item of value) {
      const finding = examine(item, maxDepth - 1)
      if (finding !== undefined) return finding
    }
  } else if (isJsonObject(value)) {
    // Unlike `Object.keys`, the loop makes no list of the keys; a parsed object inherits none.
    for (const key in value) {
      const finding = examine(value[key], maxDepth - 1)
      if (finding !== undefined) return finding
    }
  }
  return undefined
}

const repairedText = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD")

const repairedValue = (value: unknown): unknown => {
  if (typeof value === "string") return repairedText(value)
  if (Array.isArray(value)) return value.map(repairedValue)
  return isJsonObject(value) ? repaired(value) : value
}

/** A copy in which NUL and lone surrogates, in text and keys, are replaced by U+FFFD. */
export const repaired = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, item]) => [repairedText(key), repairedValue(item)]))

/** A key that assignment cannot create, or that objects order before all others regardless of insertion order. */
const isUnruly = (key: string): boolean => key === "__proto__" || (key >= "0" && key < ":")

const unruly = Symbol("unruly")

const none: ReadonlySet<string> = new Set()

/** Above this, `Array.sort` wins; below, its copies cost more than the sorting. */
const fewKeys = 24

/** An object's keys in the order of their UTF-16 code units. */
const sortedKeys = (object: JsonObject): ReadonlyArray<string> => {
  const keys = Object.keys(object)
  if (keys.length > fewKeys) return keys.sort()
  for (let end = 1; end < keys.length; end++) {
    const key = keys[end] ?? ""
    let at = end
    for (let before = keys[at - 1]; before !== undefined && before > key; before = keys[at - 1]) keys[at--] = before
    keys[at] = key
  }
  return keys
}

/** A copy with sorted keys at every level; `unruly` if an object cannot keep them in order. */
const sorted = (value: unknown, without: ReadonlySet<string>): unknown => {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item, none))
    return items.includes(unruly) ? unruly : items
  }
  if (!isJsonObject(value)) return value
  const copy: Record<string, unknown> = {}
  for (const key of sortedKeys(value)) {
    if (without.has(key)) continue
    const item = value[key]
    const inner = typeof item === "object" ? sorted(item, none) : item
    if (inner === unruly || isUnruly(key)) return unruly
    copy[key] = inner
  }
  return copy
}

const written = (value: unknown, without: ReadonlySet<string>): string => {
  if (Array.isArray(value)) return `[${value.map((item) => written(item, none)).join(",")}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const keys = sortedKeys(value).filter((key) => !without.has(key))
  return `{${keys.map((key) => `${JSON.stringify(key)}:${written(value[key], none)}`).join(",")}}`
}

/**
 * RFC 8785 canonical JSON: the same text for every way of writing a value. Expects finite numbers and well-formed text.
 * `without` names top-level members to omit.
 */
export const canonicalJson = (value: unknown, without: ReadonlySet<string> = none): string => {
  // `JSON.stringify` writes text and numbers as the RFC requires, faster than we can; only the order is missing.
  const copy = sorted(value, without)
  return copy === unruly ? written(value, without) : JSON.stringify(copy)
}

/**
 * A value as JSON text for storage, whatever is wrong with it. Infinity is written as a number that parses as Infinity
 * again. `undefined` for a value nested too deeply to be serialized.
 */
export const keptJson = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(
      value,
      (_, item: unknown) =>
        typeof item === "number" && !Number.isFinite(item) ? JSON.rawJSON(item < 0 ? "-1e999" : "1e999") : item
    )
  } catch {
    return undefined
  }
}
