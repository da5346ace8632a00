import { assert, describe, it } from "@effect/vitest"
import type { InstanceRecord } from "../../src/engine/InstanceRecord.ts"
import { commonPart, type JobEventDraft, jobEventJson } from "../../src/events/jobEventJson.ts"
import { type Redact, unredacted } from "../../src/events/payload.ts"

const record: InstanceRecord = {
  format: 1,
  jobType: "continuous",
  jobName: "counting",
  id: "a",
  incarnationId: "01936f5e-8c4a-7000-8000-000000000001",
  traceId: "01936f5e8c4a70008000000000000001",
  status: "running",
  quarantined: false,
  createdAt: 0,
  sequence: 1,
  lastEventAt: 0,
  alarm: null,
  generation: 1,
  state: null,
  runCount: 1,
  execution: null
}
const stamp = { eventId: "01936f5e-8c4a-7000-8000-000000000002", timestamp: "2026-01-01T00:00:00.000Z", sequence: 2 }

const asGiven: Redact = (_field, value) => value

const eventOf = (record: InstanceRecord, draft: JobEventDraft, redact: Redact): unknown => {
  const { head, own } = jobEventJson(stamp, draft, redact)
  return JSON.parse(head + commonPart(record) + own)
}

/** A draft that carries what users fill in this field. */
const drafts: ReadonlyArray<readonly [field: string, of: (value: unknown) => JobEventDraft]> = [
  ["input", (input) => ({ type: "job.created", input })],
  ["event", (event) => ({ type: "task.event.received", eventCount: 1, isFirstEvent: true, event })],
  [
    "preExecutionState",
    (preExecutionState) => ({
      type: "execution.succeeded",
      runCount: 1,
      attempt: 1,
      durationMs: 1,
      preExecutionState
    })
  ],
  [
    "finalState",
    (finalState) => ({
      type: "job.failed",
      error: { message: "no" },
      runCount: 1,
      attempt: 1,
      willRetry: false,
      reason: "retryExhausted",
      finalState
    })
  ]
]

describe.each(drafts)("jobEventJson: what users put into %s", (field, of) => {
  const told = (value: unknown, redact: Redact): unknown => eventOf(record, of(value), redact)

  it("is redacted under its name", () => {
    const event = told({ secret: 1 }, (name, value) => name === field ? "hidden" : value)
    assert.deepInclude<unknown>(event, { [field]: "hidden" })
  })

  it("is left out when the redactor leaves nothing", () => {
    assert.notProperty(told({ secret: 1 }, () => undefined), field)
  })

  it.each([asGiven, unredacted])("is replaced by its size when it is too large", (redact) => {
    const event = told("x".repeat(40_000), redact)
    assert.deepInclude<unknown>(event, { [field]: { truncated: true, bytes: 40_002 } })
  })

  it.each([asGiven, unredacted])("is replaced by a note when it is not JSON", (redact) => {
    assert.deepInclude<unknown>(told(1n, redact), { [field]: { redactionFailed: true } })
  })
})

describe("jobEventJson: what all events of an incarnation have in common", () => {
  const created: JobEventDraft = { type: "job.created" }
  const told = (of: Partial<InstanceRecord>): unknown => eventOf({ ...record, ...of }, created, asGiven)

  it.each<Partial<InstanceRecord>>([
    { id: "b" },
    { id: "\"\\\n\u0001é" },
    { jobName: "\"quoted\"" },
    { jobName: "other" },
    { jobType: "task" },
    { traceId: "f".repeat(32) },
    { incarnationId: "01936f5e-8c4a-7000-8000-000000000009", parentIncarnationId: "\"p\"" }
  ])("is the record's own, also when only this differs from the record before: %j", (of) => {
    told({})
    assert.deepInclude<unknown>(told(of), of)
  })
})

describe("jobEventJson: what a service states", () => {
  const drafts: ReadonlyArray<JobEventDraft> = [
    { type: "job.terminated", reason: "\"\\\n\u0001é", by: "client", runCount: 0 },
    {
      type: "execution.started",
      executionId: "a\"b",
      runCount: 1,
      attempt: 1,
      isRetry: false,
      trigger: "start",
      handler: "execute"
    },
    {
      type: "execution.failed",
      executionId: "e",
      runCount: 1,
      attempt: 2,
      durationMs: 1e21,
      error: { message: "\"" },
      willRetry: true
    }
  ]

  it.each(drafts.map((draft) => ({ draft })))("is in the event as it is in JSON: $draft", ({ draft }) => {
    assert.deepStrictEqual(eventOf(record, draft, unredacted), eventOf(record, draft, asGiven))
    assert.deepInclude<unknown>(eventOf(record, draft, asGiven), JSON.parse(JSON.stringify(draft)))
  })

  it.each([asGiven, unredacted])("is a reason of at most 4,096 characters", (redact) => {
    const draft: JobEventDraft = { type: "job.terminated", reason: "x".repeat(4097), by: "client", runCount: 0 }
    assert.deepInclude<unknown>(eventOf(record, draft, redact), { reason: `${"x".repeat(4095)}…` })
  })
})
