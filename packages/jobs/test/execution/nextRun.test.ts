import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Continuous } from "../../src/Continuous.ts"
import { lateAtMostMs, nextRun, wasMissed } from "../../src/execution/nextRun.ts"
import type { CatchUp } from "../../src/Schedule.ts"

const everySecond = Continuous.every("1 second")
const cronSecond = Continuous.cron("* * * * * *")
const fixedDelay = Continuous.every("1 second", { mode: "fixedDelay" })

describe.each([{ schedule: everySecond }, { schedule: cronSecond }])("nextRun by $schedule._tag", ({ schedule }) => {
  it.each([
    { name: "after the start", begunAt: 0, now: 0, next: 1000 },
    { name: "after a short run", begunAt: 1000, now: 1400, next: 2000 },
    { name: "after a run that began late", begunAt: 5500, now: 5600, next: 6000 },
    { name: "when ticks passed during the run, at the latest of them", begunAt: 1000, now: 4300, next: 4000 },
    { name: "when the run ends on a tick, at that tick", begunAt: 1000, now: 2000, next: 2000 }
  ])("latest: $name", ({ begunAt, next, now }) => {
    assert.strictEqual(nextRun(schedule, "latest", { anchor: 0, begunAt, now }), next)
  })

  it.each([
    { name: "after a short run", begunAt: 1000, now: 1400, next: 2000 },
    { name: "when ticks passed during the run, at the one after them", begunAt: 1000, now: 4300, next: 5000 },
    { name: "when the run ends on a tick, which has not passed, at that tick", begunAt: 1000, now: 2000, next: 2000 },
    { name: "when the run took no time", begunAt: 1000, now: 1000, next: 2000 }
  ])("skip: $name", ({ begunAt, next, now }) => {
    assert.strictEqual(nextRun(schedule, "skip", { anchor: 0, begunAt, now }), next)
  })

  it.each([
    { name: "after a short run", begunAt: 1000, now: 1400, servedUntil: 1000, next: 2000 },
    { name: "when ticks passed, at the first of them", begunAt: 1000, now: 9300, servedUntil: 1000, next: 2000 },
    { name: "when it began late, at the one after its own", begunAt: 5500, now: 9300, servedUntil: 2000, next: 3000 },
    { name: "when nothing is known of the tick", begunAt: 5500, now: 9300, servedUntil: undefined, next: 6000 }
  ])("all: $name", ({ begunAt, next, now, servedUntil }) => {
    assert.strictEqual(nextRun(schedule, "all", { anchor: 0, begunAt, now, servedUntil }), next)
  })
})

describe("nextRun", () => {
  it.each([
    { by: "a day, an interval away at most", begunAt: -86_400_500, now: -86_400_400, next: -86_400_000 },
    { by: "a little, not at the instant of the start, which had its run", begunAt: -5, now: -4, next: 1000 }
  ])("when the clock was set back before the anchor by $by", ({ begunAt, next, now }) => {
    for (const catchUp of ["skip", "latest", "all"] as const) {
      assert.strictEqual(nextRun(everySecond, catchUp, { anchor: 0, begunAt, now }), next)
    }
  })

  it.each(["skip", "latest", "all"] as const)("with a fixed delay counts from the end (%s)", (catchUp) => {
    const last = { anchor: 0, begunAt: 1000, now: 4300, servedUntil: 0 }
    assert.strictEqual(nextRun(fixedDelay, catchUp, last), 5300)
  })

  it("of a cron schedule is the latest of many ticks that passed, not one of today's many", () => {
    const schedule = Continuous.cron("* * 9 * * *", { zone: "Europe/Berlin" })
    const begunAt = Date.parse("2026-01-01T00:00:00Z")
    const now = Date.parse("2026-06-30T07:59:30.500Z")
    const next = nextRun(schedule, "latest", { anchor: begunAt, begunAt, now })
    assert.strictEqual(new Date(next).toISOString(), "2026-06-30T07:59:30.000Z")
  })

  const instants = fc.record({
    intervalMs: fc.integer({ min: 1, max: 100_000 }),
    anchor: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    waitedMs: fc.integer({ min: 0, max: 10_000_000 }),
    ranMs: fc.integer({ min: 0, max: 10_000_000 })
  })

  it("latest: is a tick after the run began, and at most one tick that has passed", () => {
    fc.assert(fc.property(instants, ({ anchor, intervalMs, ranMs, waitedMs }) => {
      const begunAt = anchor + waitedMs
      const now = begunAt + ranMs
      const next = nextRun(Continuous.every(intervalMs), "latest", { anchor, begunAt, now })
      assert.strictEqual((next - anchor) % intervalMs, 0)
      assert.isAbove(next, begunAt)
      assert.isAbove(next + intervalMs, now)
      assert.isAtMost(next, Math.max(now, begunAt + intervalMs))
    }))
  })

  it("skip: is the first tick after the run began that has not passed", () => {
    fc.assert(fc.property(instants, ({ anchor, intervalMs, ranMs, waitedMs }) => {
      const begunAt = anchor + waitedMs
      const now = begunAt + ranMs
      const next = nextRun(Continuous.every(intervalMs), "skip", { anchor, begunAt, now })
      assert.strictEqual((next - anchor) % intervalMs, 0)
      assert.isAbove(next, begunAt)
      assert.isAtLeast(next, now)
      assert.isTrue(next - intervalMs < now || next - intervalMs <= begunAt)
    }))
  })

  it("all: leaves no tick out and gives none twice, whatever the runs take", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 50 }), (runsMs) => {
        const served = [0]
        let now = 0
        for (const ranMs of runsMs) {
          const servedUntil = served.at(-1) ?? 0
          const next = nextRun(cronSecond, "all", { anchor: 0, begunAt: now, now: now + ranMs, servedUntil })
          now = Math.max(now + ranMs, next)
          served.push(next)
        }
        assert.deepStrictEqual(served, served.map((_, index) => index * 1000))
      })
    )
  })

  it("by intervals and by cron is the same where both have the same ticks", () => {
    const policies = fc.constantFrom<CatchUp>("skip", "latest", "all")
    const last = fc.record({
      begunAt: fc.integer({ min: 0, max: 10_000_000 }),
      ranMs: fc.integer({ min: 0, max: 10_000_000 }),
      servedUntil: fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined })
    })
    fc.assert(fc.property(policies, last, (catchUp, { begunAt, ranMs, servedUntil }) => {
      const given = { anchor: 0, begunAt, now: begunAt + ranMs, servedUntil }
      const byCron = nextRun(Continuous.cron("*/5 * * * *"), catchUp, given)
      assert.strictEqual(byCron, nextRun(Continuous.every("5 minutes"), catchUp, given))
    }))
  })
})

describe("wasMissed", () => {
  const hourly = Continuous.every("1 hour")
  const tick = 3_600_000

  it.each([
    { name: "on time", schedule: hourly, now: tick, upSince: 0, missed: false },
    { name: "late in a runtime that is up", schedule: hourly, now: tick * 9, upSince: tick, missed: false },
    { name: "before the runtime came up", schedule: hourly, now: tick + 600_000, upSince: tick + 1, missed: true },
    {
      name: "only just before the runtime came up",
      schedule: hourly,
      now: tick + lateAtMostMs,
      upSince: tick + 1,
      missed: false
    },
    {
      name: "only just before the runtime came up, but with another one since",
      schedule: everySecond,
      now: tick + 1000,
      upSince: tick + 1,
      missed: true
    },
    { name: "with a fixed delay", schedule: fixedDelay, now: tick * 9, upSince: tick * 9, missed: false }
  ])("$name: $missed", ({ missed, now, schedule, upSince }) => {
    assert.strictEqual(wasMissed(schedule, { anchor: 0, tick, now, upSince }), missed)
  })
})
