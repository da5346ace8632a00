import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { cron } from "../../src/Schedule.ts"
import { type CronFields, expressionOf, shownMinutes, ticksByLooking } from "../support/zoneOracle.ts"

/** All ticks after one instant until another, as the schedule tells them one by one. */
const ticksBetween = (expression: string, zone: string, after: string | number, until: string | number) => {
  const { tickAfter } = cron(expression, { zone })
  const [from, to] = [after, until].map((instant) => new Date(instant).getTime())
  const ticks: Array<number> = []
  for (let tick = tickAfter(from ?? 0); tick <= (to ?? 0); tick = tickAfter(tick)) ticks.push(tick)
  return ticks
}

const iso = (ticks: ReadonlyArray<number>) => ticks.map((tick) => new Date(tick).toISOString().slice(0, 16))

describe("cron ticks", () => {
  it.each([
    {
      name: "of working days at nine in Berlin follow summer time",
      expression: "0 9 * * MON-FRI",
      zone: "Europe/Berlin",
      from: "2026-03-26T12:00Z",
      to: "2026-03-31T12:00Z",
      ticks: ["2026-03-27T08:00", "2026-03-30T07:00", "2026-03-31T07:00"]
    },
    {
      name: "that clocks leave out run as late as if they had not been set forward",
      expression: "30 2 * * *",
      zone: "Europe/Berlin",
      from: "2026-03-28T00:00Z",
      to: "2026-03-30T12:00Z",
      ticks: ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]
    },
    {
      name: "that are left out at midnight run after one o'clock of the same day",
      expression: "30 0 * * *",
      zone: "America/Sao_Paulo",
      from: "2018-11-03T00:00Z",
      to: "2018-11-05T12:00Z",
      ticks: ["2018-11-03T03:30", "2018-11-04T03:30", "2018-11-05T02:30"]
    },
    {
      name: "that are left out where clocks are set forward by half an hour run half an hour later",
      expression: "10 2 * * *",
      zone: "Australia/Lord_Howe",
      from: "2026-10-03T00:00Z",
      to: "2026-10-04T20:00Z",
      ticks: ["2026-10-03T15:40", "2026-10-04T15:10"]
    },
    {
      name: "that are left out with a whole day run a day later",
      expression: "0 9 30 12 *",
      zone: "Pacific/Apia",
      from: "2011-12-01T00:00Z",
      to: "2012-01-15T00:00Z",
      ticks: ["2011-12-30T19:00"]
    },
    {
      name: "of one hour that clocks show twice run the first time",
      expression: "30 2 * * *",
      zone: "Europe/Berlin",
      from: "2026-10-24T12:00Z",
      to: "2026-10-26T12:00Z",
      ticks: ["2026-10-25T00:30", "2026-10-26T01:30"]
    },
    {
      name: "of every hour run both times",
      expression: "30 * * * *",
      zone: "Europe/Berlin",
      from: "2026-10-24T23:00Z",
      to: "2026-10-25T03:00Z",
      ticks: ["2026-10-24T23:30", "2026-10-25T00:30", "2026-10-25T01:30", "2026-10-25T02:30"]
    },
    {
      name: "of every other hour, a wildcard too, run both times",
      expression: "0 */2 * * *",
      zone: "Europe/Berlin",
      from: "2026-10-24T21:00Z",
      to: "2026-10-25T03:00Z",
      ticks: ["2026-10-24T22:00", "2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T03:00"]
    },
    {
      name: "of all hours by name are those of every hour",
      expression: "0 0-23 * * *",
      zone: "America/New_York",
      from: "2026-11-01T04:30Z",
      to: "2026-11-01T07:30Z",
      ticks: ["2026-11-01T05:00", "2026-11-01T06:00", "2026-11-01T07:00"]
    },
    {
      name: "of every quarter of an hour keep their distance when clocks are set forward",
      expression: "*/15 * * * *",
      zone: "Europe/Berlin",
      from: "2026-03-29T00:40Z",
      to: "2026-03-29T01:20Z",
      ticks: ["2026-03-29T00:45", "2026-03-29T01:00", "2026-03-29T01:15"]
    },
    {
      name: "of a leap day come with leap years, and not with 2100",
      expression: "0 0 29 2 *",
      zone: "America/New_York",
      from: "2092-03-01T00:00Z",
      to: "2108-01-01T00:00Z",
      ticks: ["2096-02-29T05:00", "2104-02-29T05:00"]
    },
    {
      name: "of either day when both kinds of day are restricted",
      expression: "0 0 13 * FRI",
      zone: "UTC",
      from: "2026-02-10T00:00Z",
      to: "2026-02-21T00:00Z",
      ticks: ["2026-02-13T00:00", "2026-02-20T00:00"]
    },
    {
      name: "in a zone with an odd offset",
      expression: "0 9 * * *",
      zone: "Asia/Kolkata",
      from: "2026-01-01T00:00Z",
      to: "2026-01-02T12:00Z",
      ticks: ["2026-01-01T03:30", "2026-01-02T03:30"]
    }
  ])("$name", ({ expression, from, ticks, to, zone }) => {
    assert.deepStrictEqual(iso(ticksBetween(expression, zone, from, to)), ticks)
  })

  it("may have seconds", () => {
    const ticks = ticksBetween("*/20 59 8 * * *", "Europe/Berlin", "2026-11-02T07:58Z", "2026-11-02T08:00Z")
    assert.deepStrictEqual(ticks.map((tick) => new Date(tick).toISOString()), [
      "2026-11-02T07:59:00.000Z",
      "2026-11-02T07:59:20.000Z",
      "2026-11-02T07:59:40.000Z"
    ])
  })

  it("are after the instant, not at it", () => {
    const { tickAfter } = cron("0 * * * *")
    assert.strictEqual(tickAfter(3_599_999), 3_600_000)
    assert.strictEqual(tickAfter(3_600_000), 7_200_000)
    assert.strictEqual(tickAfter(-1), 0)
  })
})

/** Zones and two years of each, in which their clocks did what they are here for. */
const years = [
  ["Europe/Berlin", 2025],
  ["America/New_York", 2026],
  ["Australia/Lord_Howe", 2025],
  ["Africa/Casablanca", 2025],
  ["Asia/Kolkata", 2026],
  ["UTC", 2026],
  ["America/Sao_Paulo", 2017],
  ["America/Sao_Paulo", 2019],
  ["Antarctica/Casey", 2022],
  ["Pacific/Apia", 2011]
] as const

const several = (min: number, max: number, maxLength: number) =>
  fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength })
const orEvery = <A>(values: fc.Arbitrary<A>) => fc.option(values, { nil: undefined })

const anyFields: fc.Arbitrary<CronFields> = fc.record({
  minutes: several(0, 59, 3),
  // Mostly the hours in which clocks are set.
  hours: orEvery(fc.oneof(several(0, 4, 3), several(0, 23, 6))),
  days: fc.option(several(1, 31, 3), { nil: undefined, freq: 1 }),
  months: fc.option(several(1, 12, 4), { nil: undefined, freq: 1 }),
  weekdays: fc.option(several(0, 6, 3), { nil: undefined, freq: 1 })
})

const dayMs = 24 * 3_600_000
const minuteMs = 60_000

describe.each(years)("cron ticks in %s from %i on", (zone, year) => {
  const from = Date.UTC(year, 0, 1)
  const to = Date.UTC(year + 2, 0, 1)
  const minutes = shownMinutes(zone, from, to)

  const toldAndFound = (fields: CronFields, begin: number, end: number) => {
    const looked = minutes.slice((begin - from) / minuteMs, (end - from) / minuteMs)
    return {
      told: ticksBetween(expressionOf(fields), zone, begin + dayMs - 1, end - 1),
      found: ticksByLooking(fields, looked, begin)
    }
  }

  /** Days on which clocks are set, and some others. */
  const days = minutes.flatMap((shown, index) =>
    index % 100_000 === 0 || shown !== (minutes[index - 1] ?? 0) + minuteMs ? [Math.floor(index / 1440)] : []
  )
  const lastBegin = to - from - 8 * dayMs
  const anyBegin = fc.record({ day: fc.constantFrom(...days), before: fc.integer({ min: 1, max: 6 }) }).map(
    ({ before, day }) => from + Math.min(lastBegin, Math.max(0, (day - before) * dayMs))
  )

  it("are those that are found by looking at the clock every minute of a week", () => {
    fc.assert(
      fc.property(anyFields, anyBegin, (fields, begin) => {
        const { found, told } = toldAndFound(fields, begin, begin + 8 * dayMs)
        assert.deepStrictEqual(told, found)
      }),
      { numRuns: 80 }
    )
  })

  it("are those that are found by looking at the clock every minute of two years", () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const { found, told } = toldAndFound({ ...fields, minutes: [17] }, from, to)
        assert.deepStrictEqual(told, found)
      }),
      { numRuns: 2 }
    )
  })

  it("are told from wherever one asks", () => {
    const fields = { minutes: [5, 35], hours: [0, 1, 2, 3], days: undefined, months: undefined, weekdays: undefined }
    const found = ticksByLooking(fields, minutes, from)
    const { tickAfter } = cron(expressionOf(fields), { zone })
    fc.assert(
      fc.property(fc.integer({ min: from + dayMs, max: (found.at(-1) ?? to) - 1 }), (instant) => {
        assert.strictEqual(tickAfter(instant), found.find((tick) => tick > instant))
      }),
      { numRuns: 100 }
    )
  })
})
