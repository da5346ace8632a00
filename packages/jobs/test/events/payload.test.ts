import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { errorPayload, maxPayloadBytes, messageText, payloadJson, type Redact } from "../../src/events/payload.ts"

const payload = (field: string, value: unknown, redact: Redact): unknown => {
  const json = payloadJson(field, value, redact)
  return json === undefined ? undefined : JSON.parse(json)
}

const asIs = (_field: string, value: unknown) => value
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).byteLength

describe("payloadJson", () => {
  it("leaves what fits as it is", () => {
    const text = "x".repeat(maxPayloadBytes - 2)
    assert.strictEqual(payload("input", text, asIs), text)
  })

  it("replaces what does not fit by its size", () => {
    const text = "x".repeat(maxPayloadBytes - 1)
    assert.deepStrictEqual(payload("input", text, asIs), { truncated: true, bytes: maxPayloadBytes + 1 })
  })

  it("counts bytes of UTF-8, not characters", () => {
    const text = "€".repeat(11_000)
    assert.deepStrictEqual(payload("input", text, asIs), { truncated: true, bytes: 33_002 })
  })

  it("never lets more than the cap through", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 3 }), fc.integer({ min: 1, max: 4000 }), (json, times) => {
      const value: unknown = Array.from({ length: times }, () => JSON.parse(json))
      assert.isAtMost(bytesOf(payload("input", value, asIs)), maxPayloadBytes)
    }))
  })

  it("redacts before it measures", () => {
    assert.deepStrictEqual(payload("input", "x".repeat(99_999), () => ({ hidden: true })), { hidden: true })
  })

  it("hides the value when the redactor throws", () => {
    const shown = payload("input", { secret: 1 }, () => {
      throw new Error("no")
    })
    assert.deepStrictEqual(shown, { redactionFailed: true })
  })

  it("is nothing when the redactor leaves nothing", () => {
    assert.strictEqual(payload("input", 1, () => undefined), undefined)
  })
})

describe("errorPayload", () => {
  it("redacts the stack and keeps name and message", () => {
    const error = { name: "TypeError", message: "no", stack: "secret" }
    const shown = errorPayload(error, (field, value) => field === "error.stack" ? undefined : value)
    assert.deepStrictEqual(shown, { name: "TypeError", message: "no" })
  })

  it("tells a capped stack's size as text, and cuts a message that is none", () => {
    const error = errorPayload({ name: "n".repeat(300), message: "m".repeat(5000), stack: "s".repeat(40_000) }, asIs)
    assert.strictEqual(error.stack, JSON.stringify({ truncated: true, bytes: 40_002 }))
    assert.strictEqual(error.message.length, 4096)
    assert.strictEqual(error.name?.length, 255)
  })
})

describe("messageText", () => {
  it("leaves 4,096 characters as they are", () => {
    const text = "m".repeat(4096)
    assert.strictEqual(messageText(text), text)
  })

  it("cuts no surrogate pair in two", () => {
    for (const before of [4093, 4094, 4095]) {
      const text = messageText(`${"m".repeat(before)}😀 and so on`)
      assert.isTrue(text.isWellFormed())
      assert.isAtMost(text.length, 4096)
    }
  })

  it("keeps a pair that fits", () => {
    assert.strictEqual(messageText(`${"m".repeat(4093)}😀 and so on`), `${"m".repeat(4093)}😀…`)
  })
})
