import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import { lastInstant } from "../../src/execution/lastInstant.ts"
import type { AttemptPlan } from "../../src/execution/Outcome.ts"
import { decideAlarm, decideFlush, statusOf, willFlushAt } from "../../src/handlers/debounce/decide.ts"
import { flushAtOf, isFull } from "../../src/handlers/debounce/window.ts"
import { retryPolicy } from "../../src/RetryPolicy.ts"

const retry = retryPolicy({ maxAttempts: 5, delay: "1 second", maxDuration: "10 seconds" })
const window = { flushAfterMs: 1000, maxEvents: 3, mode: "window", maxWaitMs: 10_000 } as const
const definition = { ...window, retry }
const incarnationId = "01900000-0000-7000-8000-000000000000"
const executionId = `${incarnationId}:flush`

const record = (given: Partial<InstanceRecord> = {}): InstanceRecord => ({
  format: 1,
  jobType: "debounce",
  jobName: "job",
  id: "a",
  incarnationId,
  traceId: "0".repeat(31) + "1",
  status: "running",
  quarantined: false,
  createdAt: 0,
  sequence: 5,
  lastEventAt: 0,
  alarm: { at: 1000, kind: "flush" },
  generation: 4,
  state: null,
  runCount: 0,
  execution: null,
  debounce: { eventCount: 2, startedAt: 0 },
  ...given
})
const execution = { executionId, handler: "execute", firstAttemptAt: 1000, trigger: "flush" } as const
const waiting = record({
  alarm: { at: 2000, kind: "retry" },
  runCount: 1,
  execution: { ...execution, attempt: 2, begunAt: null }
})
const cutOff = record({ runCount: 1, execution: { ...execution, attempt: 1, begunAt: 1000 } })
const failed = record({ status: "failed", alarm: null })

const theFlush: AttemptPlan = {
  executionId,
  handler: "execute",
  runCount: 1,
  attempt: 1,
  trigger: "flush",
  firstAttemptAt: undefined,
  recovered: false,
  retryScheduledFor: undefined
}
const theRetry: AttemptPlan = { ...theFlush, attempt: 2, firstAttemptAt: 1000, retryScheduledFor: 2000 }

describe("what an alarm of a debounce job comes to", () => {
  it.each([
    { what: "no instance", given: undefined, now: 1000, generation: 4 },
    { what: "before its time", given: record(), now: 999, generation: 4 },
    { what: "one of another generation", given: record(), now: 1000, generation: 3 },
    { what: "a kept failure", given: failed, now: 1000, generation: 4 },
    { what: "a quarantined one", given: record({ quarantined: true }), now: 1000, generation: 4 },
    { what: "none that is set", given: record({ alarm: null }), now: 1000, generation: 4 }
  ])("$what: nothing", ({ generation, given, now }) => {
    assert.deepStrictEqual(decideAlarm(given, definition, now, generation), { _tag: "Nothing" })
  })

  it("the time is up: a flush", () => {
    const alarm = { at: 1000, kind: "flush" } as const
    const flush = { _tag: "Flush", fired: alarm, reason: "timeout", plan: theFlush } as const
    assert.deepStrictEqual(decideAlarm(record(), definition, 1000, 4), flush)
    assert.deepStrictEqual(decideAlarm(record(), definition, 5000, undefined), flush)
  })

  it("a buffer that was full when it became the live one: a flush for that reason", () => {
    const full = record({ debounce: { eventCount: 3, startedAt: 0 } })
    assert.deepInclude(decideAlarm(full, definition, 1000, 4), { _tag: "Flush", reason: "maxEvents" })
  })

  it("a retry that waited, in time and too late", () => {
    const fired = { at: 2000, kind: "retry" } as const
    assert.deepStrictEqual(decideAlarm(waiting, definition, 2000, 4), {
      _tag: "Run",
      fired,
      plan: { ...theRetry, trigger: "retry" }
    })
    assert.deepStrictEqual(decideAlarm(waiting, definition, 11_001, 4), {
      _tag: "Exhaust",
      fired,
      attempts: 1,
      firstAttemptAt: 1000
    })
  })

  it("an attempt that was cut off runs again, whatever the alarm of the buffer says", () => {
    assert.deepStrictEqual(decideAlarm(cutOff, definition, 1000, 4), {
      _tag: "Run",
      fired: undefined,
      plan: { ...theFlush, firstAttemptAt: 1000, recovered: true }
    })
  })
})

describe("what a flush by a call comes to", () => {
  it("nothing where there is none, or a kept failure", () => {
    assert.deepStrictEqual(decideFlush(undefined, "manual", retry, 0), { _tag: "Nothing" })
    assert.deepStrictEqual(decideFlush(failed, "manual", retry, 0), { _tag: "Nothing" })
  })

  it("a flush of the live buffer, also of a quarantined one", () => {
    const flush = { _tag: "Flush", fired: undefined, reason: "manual", plan: theFlush } as const
    assert.deepStrictEqual(decideFlush(record(), "manual", retry, 0), flush)
    assert.deepStrictEqual(decideFlush(record({ quarantined: true, alarm: null }), "manual", retry, 0), flush)
  })

  it("the retry that waits, now; the attempt that was cut off", () => {
    assert.deepStrictEqual(decideFlush(waiting, "manual", retry, 1500), {
      _tag: "Run",
      fired: undefined,
      plan: theRetry
    })
    assert.deepInclude(decideFlush(cutOff, "manual", retry, 1500), { _tag: "Run" })
  })
})

describe("what clients see of a debounce job", () => {
  it.each([
    { given: undefined, status: "notFound", at: null },
    { given: record(), status: "debouncing", at: 1000 },
    { given: waiting, status: "flushing", at: 2000 },
    { given: cutOff, status: "flushing", at: null },
    { given: failed, status: "failed", at: null },
    { given: record({ quarantined: true, alarm: null }), status: "failed", at: null }
  ])("$status at $at", ({ at, given, status }) => {
    assert.strictEqual(statusOf(given), status)
    assert.strictEqual(willFlushAt(given), at)
  })
})

describe("the time of a flush", () => {
  const instants = fc.record({
    startedAt: fc.nat(1e9),
    later: fc.nat(1e9),
    flushAfterMs: fc.integer({ min: 1, max: 1e9 })
  })

  it("of a window depends on the first event alone", () => {
    fc.assert(fc.property(instants, ({ flushAfterMs, later, startedAt }) => {
      const at = flushAtOf({ ...window, flushAfterMs }, { startedAt, lastAt: startedAt + later })
      assert.strictEqual(at, startedAt + flushAfterMs)
    }))
  })

  it("of a trailing buffer follows the last event, never before it is over and never later than maxWait", () => {
    fc.assert(fc.property(instants, fc.nat(1e9), ({ flushAfterMs, later, startedAt }, more) => {
      const maxWaitMs = flushAfterMs + more
      const trailing = { ...window, mode: "trailing", flushAfterMs, maxWaitMs } as const
      const at = flushAtOf(trailing, { startedAt, lastAt: startedAt + later })
      assert.isAtMost(at, startedAt + maxWaitMs)
      assert.isAtLeast(at, startedAt + flushAfterMs)
      if (later <= more) assert.strictEqual(at, startedAt + later + flushAfterMs)
      assert.isAtLeast(flushAtOf(trailing, { startedAt, lastAt: startedAt + later + 1 }), at)
    }))
  })

  it("is an instant that events can tell", () => {
    const never = { ...window, flushAfterMs: Number.MAX_SAFE_INTEGER }
    assert.strictEqual(flushAtOf(never, { startedAt: 1, lastAt: 1 }), lastInstant)
  })

  it("has come for a buffer that is full", () => {
    assert.deepStrictEqual([2, 3, 4].map((count) => isFull(window, count)), [false, true, true])
    assert.isFalse(isFull({ ...window, maxEvents: undefined }, 1e9))
  })
})
