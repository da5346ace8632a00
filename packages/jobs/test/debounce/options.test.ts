import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Debounce, type DebounceOfLatest } from "../../src/index.ts"
import { Amount } from "../support/debounces.ts"

type Options = DebounceOfLatest<typeof Amount, never, never>

const make = (given: object) => {
  const options: Options = { eventSchema: Amount, flushAfter: "2 seconds", execute: () => Effect.void }
  return Debounce.make<typeof Amount, never, never>({ ...options, ...given })
}

describe("the options of a debounce job", () => {
  it.each([
    { given: { flushAfter: 0 }, option: /^flushAfter/ },
    { given: { flushAfter: 0.5 }, option: /^flushAfter/ },
    { given: { flushAfter: -1 }, option: /^flushAfter/ },
    { given: { flushAfter: Infinity }, option: /^flushAfter/ },
    { given: { flushAfter: Number.NaN }, option: /^flushAfter/ },
    { given: { flushAfter: "soon" }, option: /^flushAfter/ },
    { given: { maxEvents: 0 }, option: /^maxEvents/ },
    { given: { maxEvents: -3 }, option: /^maxEvents/ },
    { given: { maxEvents: 1.5 }, option: /^maxEvents/ },
    { given: { maxEvents: Infinity }, option: /^maxEvents/ },
    { given: { maxEvents: Number.NaN }, option: /^maxEvents/ },
    { given: { maxWait: 1999 }, option: /^maxWait must not be less than flushAfter, 2000 ms, but is 1999 ms$/ },
    { given: { maxWait: Infinity }, option: /^maxWait/ },
    { given: { mode: "sliding" }, option: /^mode must be "window" or "trailing", not "sliding"$/ },
    { given: { retry: { maxAttempts: 0, delay: 0 } }, option: /^retry\.maxAttempts/ }
  ])("$given is refused by its name", ({ given, option }) => {
    assert.throws(() => make(given), RangeError, option)
  })

  it("have defaults", () => {
    assert.deepInclude(make({}), {
      flushAfterMs: 2000,
      mode: "window",
      maxEvents: undefined,
      maxWaitMs: 20_000,
      retry: undefined,
      onExhausted: "terminate"
    })
  })

  it("are taken as they are at their limits", () => {
    const atLimits = make({ flushAfter: 1, maxEvents: 1, maxWait: 1, mode: "trailing" })
    assert.deepInclude(atLimits, { flushAfterMs: 1, maxEvents: 1, maxWaitMs: 1, mode: "trailing" })
  })
})
