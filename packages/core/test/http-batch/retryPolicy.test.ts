import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import {
  afterFailure,
  afterSuccess,
  backoffMs,
  openGate,
  opensAt,
  outcomeOf,
  permits,
  retryAfterMs,
  type RetryPolicy
} from "../../src/http-batch/retryPolicy.ts"

const policy: RetryPolicy = { attempts: 10, baseMs: 250, maxMs: 30_000, jitter: "full" }

describe("outcomeOf", () => {
  it.each([
    [200, "acknowledged"],
    [202, "acknowledged"],
    [204, "acknowledged"],
    [301, "refused"],
    [307, "refused"],
    [400, "split"],
    [401, "refused"],
    [403, "refused"],
    [404, "refused"],
    [405, "refused"],
    [408, "retry"],
    [413, "split"],
    [415, "refused"],
    [422, "split"],
    [429, "retry"],
    [500, "retry"],
    [502, "retry"],
    [503, "retry"],
    [504, "retry"],
    [0, "refused"]
  ])("status %d is %s", (status, outcome) => assert.strictEqual(outcomeOf(status), outcome))
})

describe("retryAfterMs", () => {
  const now = Date.parse("2026-01-11T10:00:00Z")
  it.each([
    ["120", 120_000],
    ["0", 0],
    [" 7 ", 7000],
    ["Sun, 11 Jan 2026 10:00:30 GMT", 30_000],
    ["Sun, 11 Jan 2026 09:00:00 GMT", 0],
    ["99999999", 3_600_000],
    ["soon", undefined],
    [undefined, undefined]
  ])("reads %s as %s", (header, expected) => assert.strictEqual(retryAfterMs(header, now), expected))
})

describe("backoffMs", () => {
  it("doubles its ceiling with each failure up to the maximum, and stays below it by jitter", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, random) => {
        const ceiling = backoffMs(n, { ...policy, jitter: "none" }, random)
        assert.strictEqual(ceiling, n > 7 ? 30_000 : 250 * 2 ** (n - 1))
        const pause = backoffMs(n, policy, random)
        assert.strictEqual(pause, ceiling * random)
      })
    )
  })
})

const failed = (now: number, failuresAtSend: number, retryAfterMs?: number) => ({
  now,
  failuresAtSend,
  retryAfterMs,
  random: 0.5
})

describe("the gate", () => {
  it("shuts for longer with every failure in a row and lets one request through at a time", () => {
    const once = afterFailure(openGate, failed(1000, 0), policy)
    const twice = afterFailure(once, failed(2000, 1), policy)
    assert.deepStrictEqual([opensAt(once), opensAt(twice)], [1125, 2250])
    assert.deepStrictEqual([permits(openGate, 4), permits(once, 4)], [4, 1])
  })

  it("counts failures of requests that were under way together once", () => {
    const once = afterFailure(openGate, failed(1000, 0), policy)
    assert.deepStrictEqual(afterFailure(once, failed(1001, 0), policy), once)
  })

  it("opens with the first success, but not before a Retry-After is over", () => {
    const told = afterFailure(openGate, failed(1000, 0, 60_000), policy)
    assert.strictEqual(opensAt(told), 61_000)
    const after = afterSuccess(told)
    assert.strictEqual(permits(after, 4), 4)
    assert.strictEqual(opensAt(after), 61_000)
    assert.strictEqual(opensAt(afterSuccess(afterFailure(openGate, failed(1000, 0), policy))), 0)
  })

  it("never takes a longer Retry-After back", () => {
    const long = afterFailure(openGate, failed(1000, 0, 60_000), policy)
    assert.strictEqual(opensAt(afterFailure(long, failed(2000, 1, 1000), policy)), 61_000)
  })
})
