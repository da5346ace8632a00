import { assert, describe, it } from "@effect/vitest"
import { instantBefore } from "../../src/projection/instant.ts"

describe("the instant before another", () => {
  for (
    const [ms, expected] of [
      [0, "2026-01-11T10:00:00.000250Z"],
      [1, "2026-01-11T09:59:59.999250Z"],
      [0.5, "2026-01-11T09:59:59.999750Z"],
      [86_400_000, "2026-01-10T10:00:00.000250Z"],
      // No time at all, or one before the calendar's first year: as if nothing were said.
      [-1, "2026-01-11T10:00:00.000250Z"],
      [1e300, "2026-01-11T10:00:00.000250Z"],
      [1e14, "2026-01-11T10:00:00.000250Z"],
      ["1", "2026-01-11T10:00:00.000250Z"],
      [undefined, "2026-01-11T10:00:00.000250Z"]
    ] as const
  ) {
    it(`by ${ms} ms is ${expected}`, () => {
      assert.strictEqual(instantBefore("2026-01-11T10:00:00.000250Z", ms), expected)
    })
  }
})
