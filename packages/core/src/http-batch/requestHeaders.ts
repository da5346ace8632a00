import { Effect, Redacted } from "effect"
import { invalid, invalidSecret, isPlainObject, type Rule } from "./optionRules.ts"

/** Headers set by the tracker or its transport, or that would change how a request is transferred. */
const isOwn =
  /^(content-(type|length|encoding)|traceparent|host|connection|transfer-encoding|expect|upgrade|te|trailer)$/
const isName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const isValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** A header's value; it may be a secret and is never shown. */
export const headerValue: Rule<string> = (option, given) => {
  const value = Redacted.isRedacted(given) ? Redacted.value(given) : given
  return typeof value === "string" && isValue.test(value)
    ? Effect.succeed(value)
    : invalidSecret(option, "a text of one line in Latin-1")
}

/** Entries of an object or of any `Headers` implementation; ignoring a foreign `Headers` would drop an API key. */
const entriesOf = (headers: unknown): Iterable<readonly [string, unknown]> | undefined => {
  if (isPlainObject(headers)) return Object.entries(headers)
  return typeof headers === "object" && headers !== null && "append" in headers && "entries" in headers &&
      typeof headers.entries === "function"
    ? headers.entries()
    : undefined
}

/** Headers by lower-case name. */
export const requestHeaders = Effect.fnUntraced(function*(headers: unknown) {
  const entries = entriesOf(headers)
  if (entries === undefined) {
    return yield* invalidSecret("headers", "an object or a Headers")
  }
  const found = new Map<string, string>()
  for (const [name, given] of entries) {
    const lower = name.toLowerCase()
    if (!isName.test(name)) return yield* invalid("headers", name, "names of HTTP headers")
    if (isOwn.test(lower)) return yield* invalid("headers", name, "headers that the tracker leaves to you")
    if (found.has(lower)) return yield* invalid("headers", name, "each name once")
    found.set(lower, yield* headerValue(`headers.${lower}`, given))
  }
  return Object.fromEntries(found)
})
