import { assert, describe, it } from "@effect/vitest"
import { Judged } from "../../src/engine/Judged.ts"

const row = (position: number, ...events: ReadonlyArray<string>) => ({ position, events })
const textsOf = (parcels: ReadonlyArray<{ readonly texts: ReadonlyArray<string> }>) => parcels.map(({ texts }) => texts)

describe("what a tracker has judged", () => {
  it("goes in parcels of whole rows, and of parts where a row is too large", () => {
    const rows = [row(1, "a", "b"), row(2, "c"), row(3, "d", "e"), row(4, "f", "g", "h", "i")]
    assert.deepStrictEqual(textsOf(new Judged().parcels(rows, 3)), [["a", "b", "c"], ["d", "e"], ["f", "g", "h"], [
      "i"
    ]])
    assert.deepStrictEqual(new Judged().parcels([], 3), [])
  })

  it("is not handed over again, whether it is all of a row or a part", () => {
    const rows = [row(1, "a", "b"), row(2, "c", "d")]
    const judged = new Judged()
    const again = () => textsOf(judged.parcels(rows, 9))
    const [first] = judged.parcels(rows, 9)
    assert.isDefined(first)
    assert.isFalse(judged.note(first, ["delivered", "rejected", "retryLater", "delivered"]))
    assert.deepStrictEqual(rows.map((each) => judged.isAllOf(each)), [true, false])
    assert.deepStrictEqual(again(), [["c"]])
    const [second] = judged.parcels(rows, 9)
    assert.isDefined(second)
    assert.isTrue(judged.note(second, ["delivered"]))
    assert.deepStrictEqual(rows.map((each) => judged.isAllOf(each)), [true, true])
    judged.forget(rows)
    assert.deepStrictEqual(again(), [["a", "b", "c", "d"]])
  })

  it("is nothing where verdicts are missing", () => {
    const rows = [row(1, "a", "b")]
    const judged = new Judged()
    const [parcel] = judged.parcels(rows, 9)
    assert.isDefined(parcel)
    assert.isFalse(judged.note(parcel, ["delivered"]))
    assert.deepStrictEqual(textsOf(judged.parcels(rows, 9)), [["b"]])
  })
})
