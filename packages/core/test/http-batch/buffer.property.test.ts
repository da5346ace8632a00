import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { EventBuffer } from "../../src/http-batch/buffer.ts"
import { Fifo } from "../../src/http-batch/Fifo.ts"
import { bytesOf, fitting } from "../../src/http-batch/split.ts"

interface Sized {
  readonly bytes: number
}
type Step = { readonly kind: "push"; readonly bytes: number } | { readonly kind: "drop" | "take" }

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant("push" as const), bytes: fc.integer({ min: 1, max: 100 }) })
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("drop" as const, "take" as const) }) }
  ),
  { maxLength: 200 }
)
const limits = { batchSize: 7, maxBatchBytes: 300 }

describe("EventBuffer", () => {
  it("behaves like a list that gives from its front, and knows its bytes", () => {
    fc.assert(fc.property(steps, (steps: ReadonlyArray<Step>) => {
      const buffer = new EventBuffer<Sized>()
      let list: ReadonlyArray<Sized> = []
      for (const step of steps) {
        if (step.kind === "push") {
          const item = { bytes: step.bytes }
          buffer.push(item)
          list = [...list, item]
        } else if (step.kind === "drop") {
          assert.strictEqual(buffer.dropOldest(), list[0])
          list = list.slice(1)
        } else {
          const count = fitting(list, limits)
          assert.deepStrictEqual(buffer.takeBatch(limits), list.slice(0, count))
          list = list.slice(count)
        }
        assert.strictEqual(buffer.count, list.length)
        assert.strictEqual(buffer.oldest, list[0])
        assert.strictEqual(buffer.bytes, list.reduce((sum, { bytes }) => sum + bytes, 0))
        assert.strictEqual(
          buffer.isFull(limits),
          list.length >= limits.batchSize || bytesOf(list) >= limits.maxBatchBytes
        )
      }
    }))
  })
})

describe("Fifo", () => {
  it("gives everything back in order, however long it gets in between", () => {
    const fifo = new Fifo<number>()
    const out: Array<number | undefined> = []
    let next = 0
    for (let round = 0; round < 40; round++) {
      for (let count = 0; count < 200; count++) fifo.push(next++)
      for (let count = 0; count < 150; count++) out.push(fifo.shift())
    }
    assert.deepStrictEqual([...out, ...fifo], Array.from({ length: next }, (_, index) => index))
    assert.strictEqual(fifo.length, 2000)
    assert.strictEqual(fifo.oldest, 6000)
  })

  it("has nothing to give when it is empty", () => {
    const fifo = new Fifo<number>()
    assert.isUndefined(fifo.shift())
    fifo.push(1)
    assert.strictEqual(fifo.shift(), 1)
    assert.isUndefined(fifo.shift())
    assert.strictEqual(fifo.length, 0)
  })
})
