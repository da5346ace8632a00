import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import { attemptOf, decideAlarm, decideTrigger, statusOf } from "../../src/handlers/continuous/decide.ts"
import { retryPolicy } from "../../src/RetryPolicy.ts"

const policy = retryPolicy({ maxAttempts: 5, delay: "1 second", maxDuration: "10 seconds" })

const incarnationId = "01900000-0000-7000-8000-000000000000"
const executionId = `${incarnationId}:r2`

const record = (given: Partial<InstanceRecord> = {}): InstanceRecord => ({
  format: 1,
  jobType: "continuous",
  jobName: "job",
  id: "a",
  incarnationId,
  traceId: "0".repeat(31) + "1",
  status: "running",
  quarantined: false,
  createdAt: 0,
  sequence: 5,
  lastEventAt: 0,
  alarm: { at: 1000, kind: "schedule" },
  generation: 4,
  state: null,
  runCount: 2,
  execution: null,
  ...given
})

const waiting = record({
  alarm: { at: 1000, kind: "retry" },
  execution: { executionId, handler: "execute", attempt: 3, firstAttemptAt: 0, trigger: "alarm", begunAt: null }
})
const cutOff = record({
  alarm: null,
  execution: { executionId, handler: "execute", attempt: 2, firstAttemptAt: 0, trigger: "start", begunAt: 500 }
})

const newRun = {
  executionId: `${incarnationId}:r3`,
  handler: "execute",
  runCount: 3,
  attempt: 1,
  firstAttemptAt: undefined,
  recovered: false,
  retryScheduledFor: undefined
}
const theRetry = {
  executionId,
  handler: "execute",
  runCount: 2,
  attempt: 3,
  firstAttemptAt: 0,
  recovered: false,
  retryScheduledFor: 1000
}
const again = {
  executionId,
  handler: "execute",
  runCount: 2,
  attempt: 2,
  trigger: "start",
  firstAttemptAt: 0,
  recovered: true,
  retryScheduledFor: undefined
}

describe("decideAlarm", () => {
  it.each([
    { name: "no instance", record: undefined, now: 1000, decision: { _tag: "Nothing" } },
    { name: "a kept failure", record: record({ status: "failed" }), now: 1000, decision: { _tag: "Nothing" } },
    { name: "quarantine", record: record({ quarantined: true }), now: 1000, decision: { _tag: "Nothing" } },
    { name: "no alarm", record: record({ alarm: null }), now: 1000, decision: { _tag: "Nothing" } },
    { name: "an early alarm", record: record(), now: 999, decision: { _tag: "Nothing" } },
    {
      name: "a tick",
      record: record(),
      now: 1000,
      decision: { _tag: "Run", fired: record().alarm, plan: { ...newRun, trigger: "alarm" } }
    },
    {
      name: "a retry",
      record: waiting,
      now: 10_000,
      decision: { _tag: "Run", fired: waiting.alarm, plan: { ...theRetry, trigger: "retry" } }
    },
    {
      name: "a retry after its time",
      record: waiting,
      now: 10_001,
      decision: { _tag: "Exhaust", fired: waiting.alarm, attempts: 2, firstAttemptAt: 0 }
    },
    {
      name: "an attempt that was cut off, however late",
      record: cutOff,
      now: 99_999,
      decision: { _tag: "Run", fired: undefined, plan: again }
    }
  ])("$name", ({ decision, now, record }) => {
    assert.deepStrictEqual<unknown>(decideAlarm(record, policy, now, undefined), decision)
  })

  it("is for the generation that is set, and no other", () => {
    fc.assert(fc.property(fc.nat(9), fc.constantFrom(record(), waiting, cutOff), (generation, record) => {
      const decision = decideAlarm(record, policy, 1000, generation)
      assert.strictEqual(decision._tag, generation === record.generation ? "Run" : "Nothing")
    }))
  })
})

describe("decideTrigger", () => {
  it.each([
    { name: "no instance", record: undefined, decision: { _tag: "Nothing" } },
    { name: "a kept failure", record: record({ status: "failed" }), decision: { _tag: "Nothing" } },
    {
      name: "between runs",
      record: record(),
      decision: { _tag: "Run", fired: undefined, plan: { ...newRun, trigger: "trigger" } }
    },
    {
      name: "quarantine: the schema may be mended",
      record: record({ quarantined: true, alarm: null }),
      decision: { _tag: "Run", fired: undefined, plan: { ...newRun, trigger: "trigger" } }
    },
    {
      name: "a retry that waits runs now",
      record: waiting,
      decision: { _tag: "Run", fired: undefined, plan: { ...theRetry, trigger: "trigger" } }
    },
    { name: "an attempt that was cut off", record: cutOff, decision: { _tag: "Run", fired: undefined, plan: again } }
  ])("$name", ({ decision, record }) => {
    assert.deepStrictEqual<unknown>(decideTrigger(record, policy, 500), decision)
  })
})

describe("what clients see", () => {
  it.each([
    { of: undefined, status: "notFound", attempt: 0 },
    { of: record(), status: "running", attempt: 0 },
    { of: waiting, status: "running", attempt: 3 },
    { of: cutOff, status: "running", attempt: 2 },
    { of: record({ status: "failed" }), status: "failed", attempt: 0 },
    { of: record({ quarantined: true }), status: "failed", attempt: 0 }
  ])("$status, attempt $attempt", ({ attempt, of, status }) => {
    assert.strictEqual(statusOf(of), status)
    assert.strictEqual(attemptOf(of), attempt)
  })
})
