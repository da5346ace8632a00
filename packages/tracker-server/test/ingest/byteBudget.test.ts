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
    const small = budget.enter("b", 1, () => admitted.push("small"))
    assert.deepStrictEqual(admitted, ["first"])
    assert.strictEqual(small.isAdmitted, false)
    first.leave()
    assert.deepStrictEqual(admitted, ["first", "second", "small"])
    assert.strictEqual(budget.heldBy("a"), 6)
    second.leave()
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
