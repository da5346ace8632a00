import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as fc from "fast-check"
import { canonicalInstant, Instant } from "../../src/index.ts"

const pad = (n: number) => String(Math.floor(n)).padStart(2, "0")

describe("canonicalInstant", () => {
  it.each([
    ["2026-01-11T10:00:00Z", "2026-01-11T10:00:00.000000Z"],
    ["2026-01-11T10:00:00.5Z", "2026-01-11T10:00:00.500000Z"],
    ["2026-01-11t10:00:00.123456789z", "2026-01-11T10:00:00.123456Z"],
    ["2026-01-11T10:00:00.999999999Z", "2026-01-11T10:00:00.999999Z"],
    ["2026-01-11T00:30:00+01:00", "2026-01-10T23:30:00.000000Z"],
    ["2025-12-31T23:59:59.000001-00:01", "2026-01-01T00:00:59.000001Z"],
    ["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"],
    ["2000-02-29T12:00:00Z", "2000-02-29T12:00:00.000000Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
    ["0050-06-01T00:00:00Z", "0050-06-01T00:00:00.000000Z"]
  ])("reads %s as %s", (text, expected) => {
    assert.strictEqual(canonicalInstant(text), expected)
  })

  it.each([
    ["30 February", "2026-02-30T00:00:00Z"],
    ["29 February of a common year", "2026-02-29T00:00:00Z"],
    ["29 February of 1900", "1900-02-29T00:00:00Z"],
    ["31 April", "2026-04-31T00:00:00Z"],
    ["month 0", "2026-00-10T00:00:00Z"],
    ["month 13", "2026-13-10T00:00:00Z"],
    ["day 0", "2026-01-00T00:00:00Z"],
    ["hour 24", "2026-01-11T24:00:00Z"],
    ["minute 60", "2026-01-11T10:60:00Z"],
    ["second 60", "2016-12-31T23:59:60Z"],
    ["no zone", "2026-01-11T10:00:00"],
    ["a zone without minutes", "2026-01-11T10:00:00+01"],
    ["zone hour 24", "2026-01-11T10:00:00+24:00"],
    ["zone minute 60", "2026-01-11T10:00:00+01:60"],
    ["year 0000", "0000-12-31T00:00:00Z"],
    ["year 0001 that an offset moves before it", "0001-01-01T00:00:00+00:01"],
    ["year 9999 that an offset moves after it", "9999-12-31T23:59:59-00:01"],
    ["year 10000", "+010000-01-01T00:00:00Z"],
    ["now", "now"],
    ["infinity", "infinity"],
    ["an epoch number", "1768125600000"],
    ["a date alone", "2026-01-11"],
    ["a blank for T", "2026-01-11 10:00:00Z"],
    ["an empty fraction", "2026-01-11T10:00:00.Z"],
    ["a comma", "2026-01-11T10:00:00,5Z"],
    ["a trailing newline", "2026-01-11T10:00:00Z\n"],
    ["other digits", "٢٠٢٦-01-11T10:00:00Z"],
    ["nothing", ""]
  ])("does not take %s for an instant", (_, text) => {
    assert.isUndefined(canonicalInstant(text))
    assert.isFalse(Schema.is(Instant)(text))
  })

  it("agrees with Date on every instant that Date writes, and orders texts as instants", () => {
    const dates = fc.date({
      min: new Date("0001-01-02T00:00:00Z"),
      max: new Date("9999-12-30T00:00:00Z"),
      noInvalidDate: true
    })
    fc.assert(fc.property(dates, dates, (one, other) => {
      const [first, second] = [canonicalInstant(one.toISOString()), canonicalInstant(other.toISOString())]
      assert.strictEqual(first, one.toISOString().replace("Z", "000Z"))
      assert.isDefined(first)
      assert.isDefined(second)
      assert.strictEqual(first < second, one < other)
    }))
  })

  it("means the same instant whatever the zone it is written in", () => {
    const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })
    const dates = fc.date({ min: new Date("1900-01-01Z"), max: new Date("2100-01-01Z"), noInvalidDate: true })
    fc.assert(fc.property(dates, offset, (date, minutes) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1)
      const zone = `${minutes < 0 ? "-" : "+"}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`
      assert.strictEqual(canonicalInstant(local + zone), canonicalInstant(date.toISOString()))
    }))
  })
})
