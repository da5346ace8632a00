import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { hostAlarmOf, type InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import type { TaskRecord } from "../../src/engine/TaskRecord.ts"
import {
  decideAlarm,
  decideSend,
  decideTrigger,
  firstAttempt,
  scheduledAtOf,
  statusOf,
  withExecution
} from "../../src/handlers/task/decide.ts"
import { retryPolicy } from "../../src/RetryPolicy.ts"

const policy = retryPolicy({ maxAttempts: 5, delay: "1 second", maxDuration: "10 seconds" })
const incarnationId = "01900000-0000-7000-8000-000000000000"
const executionId = `${incarnationId}:e2`

const task = (given: Partial<TaskRecord> = {}): TaskRecord => ({
  hasState: true,
  eventCount: 2,
  executeCount: 1,
  scheduledAt: 1000,
  ...given
})
const record = (given: Partial<InstanceRecord> = {}): InstanceRecord => ({
  format: 1,
  jobType: "task",
  jobName: "job",
  id: "a",
  incarnationId,
  traceId: "0".repeat(31) + "1",
  status: "running",
  quarantined: false,
  createdAt: 0,
  sequence: 5,
  lastEventAt: 0,
  alarm: { at: 1000, kind: "task" },
  generation: 4,
  state: null,
  runCount: 3,
  execution: null,
  task: task(),
  ...given
})

const backlog = { first: 7, count: 2, since: 400 }
const execution = { executionId, handler: "onEvent", attempt: 3, firstAttemptAt: 0, trigger: "event" } as const
const idle = record({ alarm: null, task: task({ scheduledAt: null }) })
const waiting = record({ alarm: { at: 1000, kind: "retry" }, execution: { ...execution, begunAt: null } })
const cutOff = record({ alarm: null, execution: { ...execution, begunAt: 500 } })
const behind = record({ task: task({ backlog }) })
const kept = record({ status: "failed", alarm: null, execution: { ...execution, begunAt: null } })
const quarantined = record({ quarantined: true, alarm: null })

const theRetry = {
  executionId,
  handler: "onEvent",
  runCount: 3,
  attempt: 3,
  firstAttemptAt: 0,
  recovered: false,
  retryScheduledFor: 1000
}
const again = { ...theRetry, trigger: "event", recovered: true, retryScheduledFor: undefined }

const nothing = { _tag: "Nothing" }

describe("what a task's alarm comes to", () => {
  it.each([
    { name: "no instance", record: undefined, now: 1000, decision: nothing },
    { name: "a kept failure", record: kept, now: 1000, decision: nothing },
    { name: "quarantine", record: quarantined, now: 1000, decision: nothing },
    { name: "nothing scheduled", record: idle, now: 1000, decision: nothing },
    { name: "an early alarm", record: record(), now: 999, decision: nothing },
    {
      name: "what is scheduled",
      record: record(),
      now: 1000,
      decision: { _tag: "Execute", fired: record().alarm, trigger: "alarm" }
    },
    { name: "events that wait, before what is scheduled", record: behind, now: 1000, decision: { _tag: "TakeEvent" } },
    { name: "events that wait, at once", record: behind, now: 0, decision: { _tag: "TakeEvent" } },
    {
      name: "a retry, before the events behind it",
      record: { ...waiting, task: task({ backlog }) },
      now: 1000,
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
    fc.assert(
      fc.property(fc.nat(9), fc.constantFrom(record(), waiting, cutOff, behind), (generation, record) => {
        const decision = decideAlarm(record, policy, 1000, generation)
        assert.strictEqual(decision._tag !== "Nothing", generation === record.generation)
      })
    )
  })
})

describe("what a task's trigger comes to", () => {
  const execute = { _tag: "Execute", fired: undefined, trigger: "trigger" }
  it.each([
    { name: "no instance", record: undefined, decision: nothing },
    { name: "a kept failure", record: kept, decision: nothing },
    { name: "idle", record: idle, decision: execute },
    { name: "scheduled", record: record(), decision: execute },
    { name: "quarantine: the schema may be mended", record: quarantined, decision: execute },
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

describe("what is seen of a task", () => {
  it.each([
    { name: "nobody", of: undefined, send: "create", status: "notFound", scheduledAt: null, dueAt: undefined },
    { name: "idle", of: idle, send: "handle", status: "idle", scheduledAt: null, dueAt: undefined },
    { name: "scheduled", of: record(), send: "handle", status: "active", scheduledAt: 1000, dueAt: 1000 },
    { name: "a retry that waits", of: waiting, send: "wait", status: "active", scheduledAt: 1000, dueAt: 1000 },
    { name: "cut off", of: cutOff, send: "wait", status: "active", scheduledAt: 1000, dueAt: 500 },
    { name: "events that wait", of: behind, send: "wait", status: "active", scheduledAt: 1000, dueAt: 400 },
    { name: "a kept failure", of: kept, send: "reject", status: "failed", scheduledAt: null, dueAt: undefined },
    {
      name: "a kept failure with events behind it",
      of: { ...kept, task: task({ backlog }) },
      send: "reject",
      status: "failed",
      scheduledAt: null,
      dueAt: undefined
    },
    { name: "quarantine", of: quarantined, send: "reject", status: "failed", scheduledAt: null, dueAt: undefined }
  ])("$name", ({ dueAt, of, scheduledAt, send, status }) => {
    assert.strictEqual(decideSend(of), send)
    assert.strictEqual(statusOf(of), status)
    assert.strictEqual(scheduledAtOf(of), scheduledAt)
    assert.strictEqual(of === undefined ? undefined : hostAlarmOf(of)?.dueAt, dueAt)
  })
})

describe("a new execution", () => {
  it("is counted among those of its handler, and has the event of its own alone", () => {
    const before = record({ task: task({ event: { add: 1 } }) })
    const onEvent = withExecution(before, "onEvent", { json: { add: 2 } })
    assert.deepInclude(onEvent.task, { eventCount: 3, executeCount: 1, event: { add: 2 } })
    assert.deepInclude(firstAttempt(onEvent, "onEvent", "event"), {
      executionId: `${incarnationId}:e3`,
      runCount: 4,
      attempt: 1,
      handler: "onEvent"
    })
    const execute = withExecution(before, "execute")
    assert.deepStrictEqual(execute.task, task({ executeCount: 2 }))
    assert.strictEqual(firstAttempt(execute, "execute", "alarm").executionId, `${incarnationId}:x2`)
  })
})
