import { assert, describe, it } from "@effect/vitest"
import { flatness } from "../src/measurements/flatness.ts"

/** A garbage collector at work: up by a little each second, down at once. */
const sawtooth = (nth: number) => 250 + nth % 20

const samples = (of: (nth: number) => number) => Array.from({ length: 600 }, (_, nth) => of(nth))

describe("memory that is watched", () => {
  it("is flat when it goes up and down", () => {
    const { grownToNoise, rssMbGrown } = flatness(samples(sawtooth))
    assert.isBelow(Math.abs(rssMbGrown), 1)
    assert.isBelow(grownToNoise, 1)
  })

  it("is not when it also climbs by more than that", () => {
    const { grownToNoise, rssMbGrown } = flatness(samples((nth) => sawtooth(nth) + nth / 10))
    assert.closeTo(rssMbGrown, 48, 1) // of the last 480 seconds
    assert.isAbove(grownToNoise, 1)
  })

  it("may climb while it begins", () => {
    assert.isBelow(flatness(samples((nth) => nth < 100 ? nth : sawtooth(nth))).grownToNoise, 1)
  })

  it("counts a hundredth of itself as noise, where it hardly moves", () => {
    assert.isBelow(flatness(samples((nth) => 200 + nth / 1000)).grownToNoise, 1)
  })
})
