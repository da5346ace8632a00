import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { fitting, halve, select } from "../../src/http-batch/split.ts"
import { contentOf, textOf } from "./content.ts"

const items = fc.array(fc.string({ unit: "grapheme" }).map((text) => textOf(JSON.stringify(text))), { maxLength: 60 })
const limits = fc.record({
  batchSize: fc.integer({ min: 1, max: 20 }),
  maxBatchBytes: fc.integer({ min: 1, max: 300 })
})

describe("fitting", () => {
  it("answers the most items that keep the limits, at least one where there is any", () => {
    fc.assert(fc.property(items, limits, (items, limits) => {
      const count = fitting(items, limits)
      const keeps = (some: number) =>
        some <= limits.batchSize && contentOf(items.slice(0, some)).json.length <= limits.maxBatchBytes
      assert.isAtMost(count, items.length)
      if (count > 1) assert.isTrue(keeps(count))
      if (count < items.length) assert.isFalse(keeps(count + 1))
      if (items.length > 0) assert.isAtLeast(count, 1)
    }))
  })
})

describe("select", () => {
  it("keeps what is wanted, in order, and its JSON", () => {
    fc.assert(fc.property(items, fc.infiniteStream(fc.boolean()), (items, wanted) => {
      const isWanted = items.map(() => wanted.next().value === true)
      const kept = select(contentOf(items), (_, index) => isWanted[index] === true)
      assert.deepStrictEqual(kept, contentOf(items.filter((_, index) => isWanted[index])))
    }))
  })
})

describe("halve", () => {
  it("keeps every item, in order, in halves of the same length but for one", () => {
    fc.assert(fc.property(items, (items) => {
      const [left, right] = halve(contentOf(items))
      assert.deepStrictEqual([left, right], [contentOf(left.items.map((item) => item)), contentOf(right.items)])
      assert.deepStrictEqual([...left.items, ...right.items], items)
      assert.include([0, 1], left.items.length - right.items.length)
    }))
  })
})
