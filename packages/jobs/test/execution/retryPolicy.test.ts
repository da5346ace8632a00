import { assert, describe, it } from "@effect/vitest"
import { Backoff } from "../../src/Backoff.ts"
import { lastInstant } from "../../src/execution/lastInstant.ts"
import { nextRetry } from "../../src/execution/nextRetry.ts"
import { type RetryOptions, retryPolicy } from "../../src/RetryPolicy.ts"

const policy = (options: Partial<RetryOptions>) => retryPolicy({ maxAttempts: 3, delay: "1 second", ...options })

const boom = () => {
  throw new Error("boom")
}

describe("retryPolicy", () => {
  it.each<{ readonly option: string; readonly options: Partial<RetryOptions> }>([
    { option: "retry.delay", options: { delay: Infinity } },
    { option: "retry.delay", options: { delay: Number.NaN } },
    { option: "retry.delay", options: { delay: "-3 seconds" } },
    { option: "retry.maxDuration", options: { maxDuration: Infinity } },
    { option: "retry.maxDuration", options: { maxDuration: -1 } },
    { option: "retry.timeout", options: { timeout: Infinity } },
    { option: "retry.timeout", options: { timeout: 0 } }
  ])("refuses $options by its name", ({ option, options }) => {
    assert.throws(() => policy(options), RangeError, option)
  })

  it("takes the ends of what it accepts", () => {
    assert.deepInclude(policy({ delay: 0, maxDuration: 0, timeout: 1 }), { maxDurationMs: 0, timeoutMs: 1 })
  })
})

describe("Backoff", () => {
  it.each([
    { name: "base", make: () => Backoff.linear({ base: Infinity }) },
    { name: "max", make: () => Backoff.exponential({ base: 1, max: Number.NaN }) },
    { name: "delay", make: () => Backoff.fixed(-1) }
  ])("refuses a $name that is no wait", ({ make, name }) => {
    assert.throws(make, RangeError, `Backoff ${name}`)
  })
})

describe("nextRetry with a backoff of the user's own", () => {
  const now = Date.UTC(2026, 0, 1)
  it.each([
    { name: "NaN", delayMs: () => Number.NaN, wait: 0 },
    { name: "less than nothing", delayMs: () => -5, wait: 0 },
    { name: "an error", delayMs: boom, wait: 0 },
    { name: "Infinity", delayMs: () => Infinity, wait: lastInstant - now },
    { name: "more than there are dates", delayMs: () => 1e300, wait: lastInstant - now }
  ])("makes a wait of $name one that ends", ({ delayMs, wait }) => {
    for (const jitter of [false, true]) {
      const own = policy({ delay: { _tag: "Backoff", delayMs }, jitter })
      assert.deepStrictEqual<unknown>(nextRetry(own, { attempt: 1, firstAttemptAt: now, now, random: 0.5 }), {
        _tag: "Retry",
        attempt: 2,
        delayMs: wait,
        retryAt: now + wait
      })
    }
  })
})
