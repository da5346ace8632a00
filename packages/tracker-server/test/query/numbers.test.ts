import { assert, describe, it } from "@effect/vitest"
import { shownInstant } from "../../src/projection/instant.ts"
import { percentile } from "../../src/query/agentMetrics.ts"
import { microsecondsBetween } from "../../src/query/duration.ts"
import { periodMs } from "../../src/query/period.ts"

describe("periods", () => {
  it("are minutes, hours or days up to 400 days", () =>
    assert.deepStrictEqual(["1m", "2h", "7d", "400d", "576000m"].map(periodMs), [
      60_000,
      7_200_000,
      604_800_000,
      34_560_000_000,
      34_560_000_000
    ]))

  it("are nothing else", () => {
    for (const period of ["", "7", "d", "0d", "-1d", "1.5h", "401d", "9601h", "1w", "7D", " 7d", "7d ", "1e3m"]) {
      assert.isUndefined(periodMs(period), period)
    }
  })
})

describe("percentiles", () => {
  it("interpolate between neighbours", () => {
    assert.strictEqual(percentile([10, 20, 30, 40], 0.5), 25)
    assert.strictEqual(percentile([10, 20], 0.95), 19.5)
    assert.strictEqual(percentile([7], 0.95), 7)
    assert.isNull(percentile([], 0.5))
  })
})

describe("durations", () => {
  it("count microseconds", () =>
    assert.strictEqual(microsecondsBetween("2026-01-11T10:00:00.000001Z", "2026-01-11T10:01:30.000000Z"), 89_999_999))
  it("are never negative, however clocks disagree", () =>
    assert.strictEqual(microsecondsBetween("2026-01-11T10:00:01.000000Z", "2026-01-11T10:00:00.000000Z"), 0))
})

describe("instants in answers", () => {
  it("leave out decimals that say nothing", () =>
    assert.deepStrictEqual(
      ["2026-01-11T10:00:00.000000Z", "2026-01-11T10:00:00.250000Z", "2026-01-11T10:00:00.250001Z"].map(shownInstant),
      ["2026-01-11T10:00:00Z", "2026-01-11T10:00:00.250Z", "2026-01-11T10:00:00.250001Z"]
    ))
})
