import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { Continuous } from "../src/index.ts"

/** What is thrown by who gives something that the compiler would refuse, or could not judge. */
const refusalOf = (make: () => unknown): string => {
  try {
    make()
  } catch (error) {
    assert.instanceOf(error, RangeError)
    return error.message
  }
  return assert.fail("nothing was refused")
}

describe("Continuous.every", () => {
  it.each([0, -1, Infinity, 0.5])("refuses an interval of %s ms", (interval) => {
    assert.match(refusalOf(() => Continuous.every(interval)), /^Continuous.every takes a duration/)
  })
})

describe("Continuous.cron", () => {
  it.each([
    "0 9 * * *",
    "  0   9 * * * ",
    "0 0 9 * * *",
    "*/5 0-6,22 1,15 JAN-MAR mon-fri",
    "0 0 29 2 *",
    "0 0 29 2 */7",
    "0 0 31 * 7"
  ])("takes %j", (expression) => {
    assert.isAbove(Continuous.cron(expression).tickAfter(0), 0)
  })

  it.each([
    { expression: "", told: "number of segments" },
    { expression: "9 * * *", told: "number of segments" },
    { expression: "0 0 9 * * * *", told: "number of segments" },
    { expression: "@daily", told: "number of segments" },
    { expression: "60 * * * *", told: "between 0 and 59, not \"60\"" },
    { expression: "0 24 * * *", told: "between 0 and 23, not \"24\"" },
    { expression: "0 0 0 * *", told: "between 1 and 31, not \"0\"" },
    { expression: "0 0 * 13 *", told: "between 1 and 12, not \"13\"" },
    { expression: "0 0 * * 8", told: "between 0 and 7, not \"8\"" },
    { expression: "0 0 * * FRI-MON", told: "not \"FRI-MON\"" },
    { expression: "*/0 * * * *", told: "greater than 0" },
    { expression: "1.5 * * * *", told: "not \"1.5\"" },
    { expression: "nine * * * *", told: "not \"nine\"" }
  ])("refuses the expression $expression", ({ expression, told }) => {
    const message = refusalOf(() => Continuous.cron(expression))
    assert.match(message, /^Continuous\.cron: expression must have the fields minute, hour, day of month/)
    assert.include(message, `not ${JSON.stringify(expression)}: `)
    assert.include(message, told)
  })

  it.each(["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30,31 FEB *"])("refuses %s, which never comes", (expression) => {
    assert.strictEqual(
      refusalOf(() => Continuous.cron(expression, { zone: "Europe/Berlin" })),
      `Continuous.cron: expression must name a date that comes, not "${expression}"`
    )
  })

  it.each(["Mars/Base", "", "Europe/berlin2"])("refuses the zone %j", (zone) => {
    assert.strictEqual(
      refusalOf(() => Continuous.cron("0 9 * * *", { zone })),
      `Continuous.cron: zone must be the IANA name of a time zone, such as "Europe/Berlin", not ${JSON.stringify(zone)}`
    )
  })

  it("refuses what is no text", () => {
    // @ts-expect-error for who has no compiler
    assert.include(refusalOf(() => Continuous.cron(9)), "not 9: it is no text")
    // @ts-expect-error for who has no compiler
    assert.include(refusalOf(() => Continuous.cron("0 9 * * *", { zone: 1 })), "zone must be")
  })

  it("is in UTC when no zone is given, wherever it runs", () => {
    const schedule = Continuous.cron("0 9 * * *")
    assert.strictEqual(schedule.zone, "UTC")
    assert.strictEqual(schedule.tickAfter(0), 9 * 3_600_000)
  })
})

describe("catchUp", () => {
  const given = { stateSchema: Schema.Null, schedule: Continuous.every("1 hour"), execute: () => Effect.void }

  it("is latest unless something else is said", () => {
    assert.strictEqual(Continuous.make(given).catchUp, "latest")
    assert.strictEqual(Continuous.make({ ...given, catchUp: "all" }).catchUp, "all")
  })

  it("is refused when there is no such policy", () => {
    assert.strictEqual(
      // @ts-expect-error for who has no compiler
      refusalOf(() => Continuous.make({ ...given, catchUp: "some" })),
      "catchUp must be \"skip\", \"latest\" or \"all\", not \"some\""
    )
  })
})
