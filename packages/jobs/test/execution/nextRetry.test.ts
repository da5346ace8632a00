import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Backoff } from "../../src/Backoff.ts"
import { isOverdue, nextRetry } from "../../src/execution/nextRetry.ts"
import { type RetryOptions, retryPolicy } from "../../src/RetryPolicy.ts"

const failed = { attempt: 1, firstAttemptAt: 0, now: 0, random: 0 }
const policy = (options: Partial<RetryOptions>) => retryPolicy({ maxAttempts: 3, delay: "1 second", ...options })

describe("nextRetry", () => {
  it.each([
    { name: "no policy", policy: undefined, failed, next: { _tag: "NoPolicy" } },
    {
      name: "the first failure of three attempts",
      policy: policy({}),
      failed: { ...failed, now: 500 },
      next: { _tag: "Retry", attempt: 2, delayMs: 1000, retryAt: 1500 }
    },
    {
      name: "the last attempt",
      policy: policy({}),
      failed: { ...failed, attempt: 3 },
      next: { _tag: "Exhausted", reason: "maxAttempts" }
    },
    {
      name: "one attempt in all",
      policy: policy({ maxAttempts: 1 }),
      failed,
      next: { _tag: "Exhausted", reason: "maxAttempts" }
    },
    {
      name: "a failure when the time is over",
      policy: policy({ maxDuration: "5 seconds" }),
      failed: { ...failed, firstAttemptAt: 1000, now: 6001 },
      next: { _tag: "Exhausted", reason: "maxDuration" }
    },
    {
      name: "a failure exactly when the time ends",
      policy: policy({ maxDuration: "5 seconds" }),
      failed: { ...failed, firstAttemptAt: 1000, now: 6000 },
      next: { _tag: "Retry", attempt: 2, delayMs: 1000, retryAt: 7000 }
    },
    {
      name: "a wait that grows",
      policy: policy({ delay: Backoff.exponential({ base: 100 }) }),
      failed: { ...failed, attempt: 2 },
      next: { _tag: "Retry", attempt: 3, delayMs: 200, retryAt: 200 }
    },
    {
      name: "the most that jitter takes off",
      policy: policy({ jitter: true }),
      failed,
      next: { _tag: "Retry", attempt: 2, delayMs: 500, retryAt: 500 }
    }
  ])("$name", ({ failed, next, policy }) => {
    assert.deepStrictEqual<unknown>(nextRetry(policy, failed), next)
  })

  it("ends, and never sooner than its attempts or its time say", () => {
    fc.assert(fc.property(
      fc.record({
        maxAttempts: fc.integer({ min: 1, max: 20 }),
        delayMs: fc.integer({ min: 0, max: 10_000 }),
        maxDurationMs: fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: undefined }),
        runMs: fc.integer({ min: 0, max: 1000 }),
        jitter: fc.boolean(),
        random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
      }),
      ({ delayMs, jitter, maxAttempts, maxDurationMs, random, runMs }) => {
        const policy = retryPolicy({
          maxAttempts,
          delay: delayMs,
          jitter,
          ...(maxDurationMs === undefined ? {} : { maxDuration: maxDurationMs })
        })
        let now = 0
        for (let attempt = 1; attempt <= maxAttempts; attempt++) {
          now += runMs
          const next = nextRetry(policy, { attempt, firstAttemptAt: 0, now, random })
          if (next._tag !== "Retry") {
            assert.isTrue(attempt === maxAttempts || isOverdue(policy, 0, now))
            return
          }
          assert.isAtLeast(next.delayMs, jitter ? Math.floor(delayMs / 2) : delayMs)
          assert.isAtMost(next.delayMs, delayMs)
          now = next.retryAt
        }
        assert.fail("more attempts than allowed")
      }
    ))
  })
})

describe("retryPolicy", () => {
  it.each([0, -1, 1.5, Number.NaN])("refuses maxAttempts %s by name", (maxAttempts) => {
    assert.throws(() => policy({ maxAttempts }), /retry\.maxAttempts/)
  })
})

const waits = (backoff: Backoff) => [1, 2, 3, 4].map(backoff.delayMs)

describe("Backoff", () => {
  it("is fixed, linear or exponential, up to its max", () => {
    assert.deepStrictEqual(waits(Backoff.fixed("2 seconds")), [2000, 2000, 2000, 2000])
    assert.deepStrictEqual(waits(Backoff.linear({ base: 100, max: 250 })), [100, 200, 250, 250])
    assert.deepStrictEqual(waits(Backoff.exponential({ base: "1 second", max: "5 seconds" })), [1000, 2000, 4000, 5000])
    assert.deepStrictEqual(waits(Backoff.exponential({ base: 10, factor: 3 })), [10, 30, 90, 270])
  })
})
