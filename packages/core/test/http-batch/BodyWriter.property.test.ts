import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { BodyPool } from "../../src/http-batch/BodyPool.ts"
import { BodyWriter } from "../../src/http-batch/BodyWriter.ts"
import { fitting } from "../../src/http-batch/split.ts"

const tail = new TextEncoder().encode(",\"env\":\"test\"}")

// Some take more bytes than characters, and together more than a buffer of the pool.
const text = fc.oneof(
  { weight: 10, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
  { weight: 2, arbitrary: fc.integer({ min: 5_000, max: 30_000 }).map((length) => "é".repeat(length)) },
  { weight: 1, arbitrary: fc.constant("x".repeat(90_000)) }
)
const texts = fc.array(text, { minLength: 1, maxLength: 30, size: "max" })
// Also less than nothing, which an envelope leaves of a small maxBatchBytes.
const someLimits = fc.record({
  batchSize: fc.constantFrom(1, 7, 100),
  maxBatchBytes: fc.constantFrom(-20, 0, 1, 300, 1_000_000)
})

describe("BodyWriter", () => {
  it("holds as many of the first events as the limits allow, whatever the pool's buffers held before", () => {
    const pool = new BodyPool()
    fc.assert(fc.property(texts, someLimits, (texts, limits) => {
      const events = texts.map((text) => JSON.stringify({ text }))
      const whole = events.map((json) => `${json.slice(0, -1)},"env":"test"}`)
      const count = fitting(whole.map((json) => ({ bytes: Buffer.byteLength(json) })), limits)
      const writer = new BodyWriter(pool, limits)
      const bytes: Array<number | undefined> = []
      for (const json of events) {
        if (writer.isFull) break
        const written = writer.write({ json, tail })
        if (written === undefined) break
        bytes.push(written)
      }
      assert.deepStrictEqual(bytes, whole.slice(0, count).map((json) => Buffer.byteLength(json)))
      const body = writer.finish()
      assert.strictEqual(new TextDecoder().decode(body), whole.slice(0, count).join(","))
      pool.release(body)
    }))
  })

  it("gives a body back that nothing was written to", () => {
    const pool = new BodyPool()
    const { buffer } = pool.takeLargest()
    pool.release(new Uint8Array(buffer))
    new BodyWriter(pool, { batchSize: 1, maxBatchBytes: 1 }).discard()
    assert.strictEqual(pool.takeLargest().buffer, buffer)
  })
})
