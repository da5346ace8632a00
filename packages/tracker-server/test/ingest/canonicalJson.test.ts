import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { canonicalJson } from "../../src/ingest/json.ts"

/** Member by member, as RFC 8785 says it. */
const byTheBook = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(byTheBook).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([left], [right]) => left < right ? -1 : 1)
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${byTheBook(item)}`).join(",")}}`
}

describe("canonicalJson", () => {
  it("writes every value by the book, also keys that objects put in an order of their own", () => {
    const key = fc.oneof(fc.string(), fc.constantFrom("__proto__", "10", "9", "-1", "1a", "constructor", "é", "😀"))
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie("any")), { maxLength: 6 }).map((members) => Object.fromEntries(members))
      )
    })).any
    fc.assert(fc.property(value, (any) => assert.strictEqual(canonicalJson(any), byTheBook(any))), { numRuns: 500 })
  })

  it("leaves members out of the value itself alone", () => {
    const inner = { env: 1 }
    assert.strictEqual(canonicalJson({ b: inner, env: 2, a: 1 }, new Set(["env"])), `{"a":1,"b":{"env":1}}`)
    assert.strictEqual(canonicalJson({ 2: inner, env: 2, 10: 1 }, new Set(["env"])), `{"10":1,"2":{"env":1}}`)
  })
})
