import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as fc from "fast-check"
import { lastInstant } from "../../src/execution/lastInstant.ts"
import { taskInstant } from "../../src/execution/taskInstant.ts"

const now = fc.integer({ min: 0, max: lastInstant })

describe("taskInstant", () => {
  it("is a whole number of milliseconds that a date can be, or nothing", () => {
    const when = fc.oneof(
      fc.double(),
      fc.date({ noInvalidDate: false }),
      fc.double().map((ms) => Duration.millis(ms)),
      fc.integer().map((seconds) => ({ seconds }))
    )
    fc.assert(
      fc.property(when, now, (when, now) => {
        const at = taskInstant(when, now)
        if (at === undefined) return
        assert.isTrue(Number.isSafeInteger(at) && at >= 0)
        assert.isFalse(Number.isNaN(new Date(at).getTime()))
      })
    )
  })

  it("is never before the instant that was asked for", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: lastInstant, noNaN: true }), now, (when, now) => {
        assert.isAtLeast(taskInstant(when, now) ?? -1, when)
        assert.isAtMost((taskInstant(when, now) ?? Infinity) - when, 1)
      })
    )
  })

  it("takes durations from now on and instants as they are", () => {
    fc.assert(
      fc.property(fc.nat(1e9), now, (ms, now) => {
        assert.strictEqual(taskInstant(Duration.millis(ms), now), Math.min(now + ms, lastInstant))
        assert.strictEqual(taskInstant(`${ms} millis`, now), Math.min(now + ms, lastInstant))
        assert.strictEqual(taskInstant(ms, now), ms)
        assert.strictEqual(taskInstant(new Date(ms), now), ms)
      })
    )
  })
})
