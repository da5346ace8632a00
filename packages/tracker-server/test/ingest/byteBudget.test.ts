import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { ByteBudget, type Place } from "../../src/ingest/byteBudget.ts"

const ignore = () => {}

describe("ByteBudget", () => {
  it("lets in what fits, and the next in line once there is room", () => {
    const budget = new ByteBudget(10)
    const admitted: Array<string> = []
    const first = budget.enter("a", 6, () => admitted.push("first"))
    const second = budget.enter("a", 6, () => admitted.push("second"))
    const small = budget.enter("a", 1, () => admitted.push("small"))
    budget.enter("b", 1, () => admitted.push("another's"))
    assert.deepStrictEqual(admitted, ["first", "another's"])
    assert.strictEqual(small.isAdmitted, false)
    first.leave()
    assert.deepStrictEqual(admitted, ["first", "another's", "second", "small"])
    assert.strictEqual(budget.heldBy("a"), 7)
    second.leave()
    small.leave()
    assert.strictEqual(budget.heldBy("a"), 0)
  })

  it("lets what is larger than the whole budget in alone", () => {
    const budget = new ByteBudget(10)
    const large = budget.enter("a", 50, ignore)
    const other = budget.enter("b", 1, ignore)
    assert.deepStrictEqual([large.isAdmitted, other.isAdmitted], [true, false])
    large.leave()
    assert.strictEqual(other.isAdmitted, true)
  })

  it("gives room to others when a request turns out smaller than it was taken for", () => {
    const budget = new ByteBudget(10)
    const first = budget.enter("a", 10, ignore)
    const second = budget.enter("b", 5, ignore)
    first.resize(4)
    assert.strictEqual(second.isAdmitted, true)
    assert.strictEqual(budget.heldBy("a"), 4)
  })

  it("lets the next go ahead when the one before waits no more", () => {
    const budget = new ByteBudget(10)
    budget.enter("a", 6, ignore)
    const large = budget.enter("a", 9, ignore)
    const small = budget.enter("a", 3, ignore)
    large.leave()
    assert.deepStrictEqual([large.isAdmitted, small.isAdmitted], [false, true])
  })

  it("lets ten thousand in at once when one that kept them out leaves", () => {
    const budget = new ByteBudget(10_000)
    const large = budget.enter("a", 10_000, ignore)
    const places = Array.from({ length: 10_000 }, () => budget.enter("b", 1, ignore))
    large.leave()
    assert.isTrue(places.every(({ isAdmitted }) => isAdmitted))
    for (const place of places) place.leave()
    assert.strictEqual(budget.heldBy("b"), 0)
  })

  it("lets holders take turns, none beyond half while others wait", () => {
    const budget = new ByteBudget(10)
    const admitted: Array<string> = []
    const enter = (holder: string, name: string) => budget.enter(holder, 4, () => admitted.push(name))
    const first = enter("greedy", "greedy 1")
    enter("greedy", "greedy 2")
    enter("greedy", "greedy 3")
    enter("modest", "modest 1")
    assert.deepStrictEqual(admitted, ["greedy 1", "greedy 2"])
    first.leave()
    assert.deepStrictEqual(admitted, ["greedy 1", "greedy 2", "modest 1"])
  })

  it("never holds more than its limit, and nothing once all have left", () => {
    fc.assert(fc.property(
      fc.array(
        fc.record({ holder: fc.constantFrom("a", "b"), bytes: fc.integer({ min: 0, max: 10 }), leave: fc.nat() })
      ),
      (steps) => {
        const budget = new ByteBudget(10)
        const places: Array<Place> = []
        const held = () => budget.heldBy("a") + budget.heldBy("b")
        for (const { bytes, holder, leave } of steps) {
          places.push(budget.enter(holder, bytes, ignore))
          assert.isAtMost(held(), 10)
          if (leave % 2 === 0) places.splice(leave % places.length, 1)[0]?.leave()
        }
        for (const place of places) place.leave()
        assert.strictEqual(held(), 0)
        assert.isTrue(budget.enter("a", 10, ignore).isAdmitted)
      }
    ))
  })
})
