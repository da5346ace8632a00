import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Continuous } from "../../src/Continuous.ts"
import { nextRun } from "../../src/execution/nextRun.ts"

const everySecond = Continuous.every("1 second")

describe("nextRun", () => {
  it.each([
    { name: "after the start", begunAt: 0, now: 0, next: 1000 },
    { name: "after a short run", begunAt: 1000, now: 1400, next: 2000 },
    { name: "after a run that began late", begunAt: 5500, now: 5600, next: 6000 },
    { name: "when ticks passed during the run, at the latest of them", begunAt: 1000, now: 4300, next: 4000 },
    { name: "when the run ends on a tick, at that tick", begunAt: 1000, now: 2000, next: 2000 },
    { name: "when the clock was set back before the anchor", begunAt: -5000, now: -4000, next: 1000 }
  ])("$name", ({ begunAt, next, now }) => {
    assert.strictEqual(nextRun(everySecond, { anchor: 0, begunAt, now }), next)
  })

  it("with a fixed delay counts from the end", () => {
    const fixedDelay = Continuous.every("1 second", { mode: "fixedDelay" })
    assert.strictEqual(nextRun(fixedDelay, { anchor: 0, begunAt: 1000, now: 4300 }), 5300)
  })

  const instants = fc.record({
    intervalMs: fc.integer({ min: 1, max: 100_000 }),
    anchor: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    waitedMs: fc.integer({ min: 0, max: 10_000_000 }),
    ranMs: fc.integer({ min: 0, max: 10_000_000 })
  })

  it("is a tick after the run began, and at most one tick that has passed", () => {
    fc.assert(fc.property(instants, ({ anchor, intervalMs, ranMs, waitedMs }) => {
      const begunAt = anchor + waitedMs
      const now = begunAt + ranMs
      const next = nextRun(Continuous.every(intervalMs), { anchor, begunAt, now })
      assert.strictEqual((next - anchor) % intervalMs, 0)
      assert.isAbove(next, begunAt)
      assert.isAbove(next + intervalMs, now)
      assert.isAtMost(next, Math.max(now, begunAt + intervalMs))
    }))
  })
})

describe("Continuous.every", () => {
  it.each([0, -1, Infinity, 0.5])("refuses an interval of %s ms", (interval) => {
    assert.throws(() => Continuous.every(interval), /^Continuous.every takes a duration/)
  })
})
