import { assert, describe, it } from "@effect/vitest"
import { RecentRows } from "../../src/host/sqlite/RecentRows.ts"

const row = (position: number, lines = `${position}`) => ({ position, lines })
const positionsOf = (rows: ReadonlyArray<{ readonly position: number }> | undefined) =>
  rows?.map(({ position }) => position)

describe("the newest rows of the outbox", () => {
  it("are not all, as long as nobody knows what else is in the file", () => {
    const recent = new RecentRows()
    assert.isUndefined(recent.peek(9, 0))
    recent.add(row(5))
    recent.add(row(6))
    assert.isUndefined(recent.peek(9, 0))
    assert.isUndefined(recent.peek(9, 3))
    assert.deepStrictEqual(positionsOf(recent.peek(9, 4)), [5, 6])
    assert.deepStrictEqual(positionsOf(recent.peek(9, 5)), [6])
  })

  it("are all once the file has had no others", () => {
    const others = new RecentRows()
    others.learn(row(3))
    others.add(row(5))
    others.learn(row(3))
    assert.isUndefined(others.peek(9, 0))
    others.learn(row(5))
    assert.deepStrictEqual(positionsOf(others.peek(9, 0)), [5])

    const empty = new RecentRows()
    empty.learn(undefined)
    empty.add(row(1))
    assert.deepStrictEqual(positionsOf(empty.peek(9, 0)), [1])
  })

  it("come in the order of their positions, and go in any", () => {
    const recent = new RecentRows()
    recent.learn(undefined)
    for (const position of [2, 3, 1, 4, 5]) recent.add(row(position))
    assert.deepStrictEqual(positionsOf(recent.peek(9, 0)), [1, 2, 3, 4, 5])
    recent.remove([1, 2])
    recent.remove([4, 99])
    assert.deepStrictEqual(positionsOf(recent.peek(9, 0)), [3, 5])
    recent.remove([5, 3])
    assert.deepStrictEqual(positionsOf(recent.peek(9, 0)), [])
    recent.add(row(6))
    assert.deepStrictEqual(positionsOf(recent.peek(9, 0)), [6])
  })

  it("are few enough to be held, and peeked at: the file has the others", () => {
    const recent = new RecentRows()
    recent.learn(undefined)
    const mebi = "x".repeat(1024 * 1024)
    for (let position = 1; position <= 16; position++) recent.add(row(position, mebi))
    assert.deepStrictEqual(positionsOf(recent.peek(9, 0)), [1, 2, 3, 4])
    recent.add(row(17, mebi))
    assert.isUndefined(recent.peek(9, 0))
    assert.deepStrictEqual(positionsOf(recent.peek(2, 12)), [13, 14])
    recent.remove(Array.from({ length: 17 }, (_, index) => index + 1))
    recent.learn(undefined)
    for (let position = 18; position <= 33; position++) recent.add(row(position, mebi))
    assert.deepStrictEqual(positionsOf(recent.peek(1, 0)), [18])
  })
})
