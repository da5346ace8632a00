import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { bytesOf, halve, pack } from "../../src/http-batch/split.ts"

const items = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 500 }) }), { maxLength: 60 })
const limits = fc.record({
  batchSize: fc.integer({ min: 1, max: 20 }),
  maxBatchBytes: fc.integer({ min: 1, max: 1500 })
})

describe("pack", () => {
  it("keeps every item, in order, in batches within the limits; only a single item may be larger", () => {
    fc.assert(fc.property(items, limits, (items, limits) => {
      const batches = pack(items, limits)
      assert.deepStrictEqual(batches.flat(), items)
      for (const batch of batches) {
        assert.isAtLeast(batch.length, 1)
        assert.isAtMost(batch.length, limits.batchSize)
        if (batch.length > 1) assert.isAtMost(bytesOf(batch), limits.maxBatchBytes)
      }
    }))
  })

  it("makes no batch that its successor's first item would have fitted into", () => {
    fc.assert(fc.property(items, limits, (items, limits) => {
      const batches = pack(items, limits)
      batches.slice(1).forEach((next, index) => {
        const merged = [...(batches[index] ?? []), ...next.slice(0, 1)]
        assert.isTrue(merged.length > limits.batchSize || bytesOf(merged) > limits.maxBatchBytes)
      })
    }))
  })
})

describe("halve", () => {
  it("keeps every item, in order, in halves of the same length but for one", () => {
    fc.assert(fc.property(fc.array(fc.integer()), (items) => {
      const [left, right] = halve(items)
      assert.deepStrictEqual([...left, ...right], items)
      assert.include([0, 1], left.length - right.length)
    }))
  })
})

describe("bytesOf", () => {
  it("is what the items take in a JSON array, brackets left out", () => {
    fc.assert(fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      const encoded = texts.map((text) => JSON.stringify(text))
      const sized = encoded.map((json) => ({ bytes: Buffer.byteLength(json) }))
      assert.strictEqual(bytesOf(sized), Buffer.byteLength(encoded.join(",")))
    }))
  })
})
