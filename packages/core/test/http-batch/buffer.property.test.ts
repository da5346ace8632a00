import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { BodyPool } from "../../src/http-batch/BodyPool.ts"
import { EventBuffer } from "../../src/http-batch/buffer.ts"
import { Fifo } from "../../src/http-batch/Fifo.ts"
import { fitting } from "../../src/http-batch/split.ts"
import { contentOf, type Text } from "./content.ts"

const brace = new TextEncoder().encode("}")

type Step = { readonly kind: "push" | "refuse"; readonly text: string } | { readonly kind: "drop" | "take" }

// Up to more than a chunk of the queue behind it, so that texts end in one chunk and begin in the next.
const text = fc.oneof(
  { weight: 20, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }) },
  { weight: 2, arbitrary: fc.integer({ min: 5_000, max: 20_000 }).map((length) => "é".repeat(length)) },
  { weight: 1, arbitrary: fc.constant("x".repeat(90_000)) }
)
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom("push" as const, "refuse" as const), text }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("drop" as const, "take" as const) }) }
  ),
  { maxLength: 100, size: "max" }
)
// Also less than nothing, which an envelope leaves of a small maxBatchBytes.
const someLimits = fc.record({ batchSize: fc.constantFrom(1, 7), maxBatchBytes: fc.constantFrom(-20, 0, 1, 300) })

describe("EventBuffer", () => {
  it("behaves like a list that gives from its front, and keeps its events' JSON and bytes", () => {
    fc.assert(fc.property(steps, someLimits, (steps: ReadonlyArray<Step>, limits) => {
      const buffer = new EventBuffer<Text>(new BodyPool())
      let list: ReadonlyArray<Text> = []
      for (const step of steps) {
        if (step.kind === "push" || step.kind === "refuse") {
          const text = JSON.stringify({ text: step.text })
          const bytes = buffer.write({ json: text, tail: brace })
          assert.strictEqual(bytes, Buffer.byteLength(text))
          if (step.kind === "refuse") buffer.unwrite(bytes)
          else {
            buffer.push({ text, bytes })
            list = [...list, { text, bytes }]
          }
        } else if (step.kind === "drop") {
          assert.deepStrictEqual(buffer.dropOldest(), list[0])
          list = list.slice(1)
        } else {
          const count = fitting(list, limits)
          assert.deepStrictEqual(buffer.takeBatch(limits), contentOf(list.slice(0, count)))
          list = list.slice(count)
        }
        const bytes = list.reduce((sum, text) => sum + text.bytes, 0)
        assert.strictEqual(buffer.count, list.length)
        assert.deepStrictEqual(buffer.oldest, list[0])
        assert.strictEqual(buffer.bytes, bytes)
        assert.strictEqual(
          buffer.isFull(limits),
          list.length > 0 && (list.length >= limits.batchSize || bytes + list.length - 1 >= limits.maxBatchBytes)
        )
      }
    }))
  })

  it("puts what is the same for all events in the place of their last brace", () => {
    const buffer = new EventBuffer<Text>(new BodyPool())
    const tail = new TextEncoder().encode(`,"env":"test"}`)
    for (const text of [`{"a":1}`, `{"b":"${"ü".repeat(70_000)}"}`]) {
      const bytes = buffer.write({ json: text, tail })
      buffer.push({ text, bytes })
      assert.strictEqual(bytes, Buffer.byteLength(text) + tail.length - 1)
    }
    const { json } = buffer.takeBatch({ batchSize: 2, maxBatchBytes: 1_000_000 })
    assert.deepStrictEqual(JSON.parse(`[${Buffer.from(json).toString()}]`), [
      { a: 1, env: "test" },
      { b: "ü".repeat(70_000), env: "test" }
    ])
  })
})

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

/** Bytes of the heap that are still in use. */
const heapBytes = () => {
  collect()
  return process.memoryUsage().heapUsed
}

describe("Fifo", () => {
  it("gives everything back in order, however long it gets in between", () => {
    const fifo = new Fifo<number>()
    const out: Array<number | undefined> = []
    let next = 0
    for (let round = 0; round < 40; round++) {
      for (let count = 0; count < 200; count++) fifo.push(next++)
      for (let count = 0; count < 150; count++) out.push(fifo.shift())
    }
    const rest = Array.from({ length: fifo.length }, (_, index) => fifo.at(index))
    assert.deepStrictEqual([...out, ...rest], Array.from({ length: next }, (_, index) => index))
    assert.strictEqual(fifo.length, 2000)
    assert.strictEqual(fifo.oldest, 6000)
    assert.isUndefined(fifo.at(2000))
  })

  it("gives the room of a burst back once it is empty", () => {
    const fifo = new Fifo<number>()
    const before = heapBytes()
    for (let count = 0; count < 1_000_000; count++) fifo.push(count)
    while (fifo.length > 0) fifo.shift()
    assert.isBelow(heapBytes() - before, 2_000_000)
    fifo.push(1)
    assert.strictEqual(fifo.shift(), 1)
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
