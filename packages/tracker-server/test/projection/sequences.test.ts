import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { missing, type Sequences, union } from "../../src/projection/sequences.ts"

const few = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 20 })

const setOf = (numbers: ReadonlyArray<number>): Sequences =>
  numbers.map((n) => [{ from: n, to: n }]).reduce<Sequences>(union, [])

const numbersOf = (set: Sequences) =>
  set.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i))

const sorted = (numbers: Iterable<number>) => [...new Set(numbers)].sort((left, right) => left - right)

describe("a set of numbers", () => {
  it("has those of both, in ranges as long as can be", () => {
    fc.assert(fc.property(few, few, (left, right) => {
      const both = union(setOf(left), setOf(right))
      assert.deepStrictEqual(numbersOf(both), sorted([...left, ...right]))
      both.slice(1).forEach(({ from }, i) => assert.isAbove(from, (both[i]?.to ?? 0) + 1))
    }))
  })

  it("lacks what is not there, from 1 to the greatest", () => {
    fc.assert(fc.property(few, (numbers) => {
      const greatest = Math.max(0, ...numbers)
      const all = Array.from({ length: greatest }, (_, i) => i + 1)
      assert.deepStrictEqual(numbersOf(missing(setOf(numbers))), all.filter((n) => !numbers.includes(n)))
    }))
  })
})
