import { assert, describe, it } from "@effect/vitest"
import { decode } from "../../src/ingest/decode.ts"
import type { IncomingEvent } from "../../src/ingest/IncomingEvent.ts"

const job = {
  eventId: "e1",
  timestamp: "2026-01-11T10:00:00.000Z",
  type: "execution.started",
  instanceId: "continuous:audit:1",
  jobType: "continuous",
  jobName: "audit",
  incarnationId: "life-1",
  attempt: 1
}
const envelope = {
  id: "e1",
  time: "2026-01-11T10:00:00Z",
  type: "task.progress",
  source: "worker",
  topic: "system-events",
  data: { task_id: "task-1", state: "running", progress: 0.5 }
}
const without = (event: object, field: string) =>
  Object.fromEntries(Object.entries(event).filter(([key]) => key !== field))

const nested = (depth: number): unknown => depth === 0 ? 1 : [nested(depth - 1)]

const codeOf = (value: unknown): string => {
  const result = decode(value)
  return result._tag === "Rejected" ? result.rejected.code : "accepted"
}

const eventOf = (value: unknown): IncomingEvent => {
  const result = decode(value)
  if (result._tag === "Rejected") throw new Error(result.rejected.detail)
  return result.event
}

const time = (timestamp: unknown) => ({ ...job, timestamp })
const id = (eventId: unknown) => ({ ...job, eventId })
const type = (type: unknown) => ({ ...job, type })
const data = (data: unknown) => ({ ...envelope, data })

const verdicts: ReadonlyArray<readonly [name: string, value: unknown, code: string]> = [
  ["a job event", job, "accepted"],
  ["an envelope", envelope, "accepted"],
  ["an event of an unknown type", { ...without(job, "instanceId"), type: "job.renamed" }, "accepted"],
  ["a job event whose type looks like a topic and a type", {
    ...without(job, "instanceId"),
    type: "system-events task.progress"
  }, "accepted"],
  [
    "a job event whose type looks like an action topic",
    { ...without(job, "instanceId"), type: "action-requests *" },
    "accepted"
  ],
  ["a bus event of a job event's type", { ...envelope, type: "execution.started", data: { attempt: 0 } }, "accepted"],
  ["an envelope of an unknown topic and type", { ...envelope, topic: "weather", type: "rain", data: 4 }, "accepted"],
  ["a workflow event", { eventId: "e", timestamp: job.timestamp, type: "step.started", workflowId: "w" }, "accepted"],
  ["an id that is no UUID, with any character", id("a/b %2F \u{1F600}"), "accepted"],
  ["an id of 255 bytes", id("é".repeat(127) + "a"), "accepted"],
  ["fields that nobody knows", { ...job, colour: { deep: nested(50) } }, "accepted"],
  ["a known type with own fields missing", without(job, "attempt"), "accepted"],
  ["null where a field is left out", data({ ...envelope.data, message: null, plan_id: null }), "accepted"],
  ["camelCase attributes and data", {
    eventId: "e",
    timestamp: job.timestamp,
    type: "task.progress",
    topic: "system-events",
    planId: "p",
    data: { taskId: "t", state: "running" }
  }, "accepted"],
  ["an earlier emitter's failed attempt", {
    ...without(job, "incarnationId"),
    type: "job.failed",
    willRetry: true,
    error: "boom"
  }, "accepted"],
  ["text", "event", "not_an_object"],
  ["null", null, "not_an_object"],
  ["an array", [job], "not_an_object"],
  ["no id", without(job, "eventId"), "missing_field"],
  ["no id in an envelope", without(envelope, "id"), "missing_field"],
  ["a null id", id(null), "missing_field"],
  ["no type", without(job, "type"), "missing_field"],
  ["no time", without(job, "timestamp"), "missing_field"],
  ["a known job type without its instance", without(job, "instanceId"), "missing_field"],
  ["a known job type without its kind", without(job, "jobType"), "missing_field"],
  ["a known job type without its name", without(job, "jobName"), "missing_field"],
  ["an id that is a number", id(7), "invalid_id"],
  ["an empty id", id(""), "invalid_id"],
  ["an id of 256 bytes", id("é".repeat(128)), "invalid_id"],
  ["the id .", id("."), "invalid_id"],
  ["the id ..", id(".."), "invalid_id"],
  ["a parent that is no id", { ...job, parentEventId: "" }, "invalid_id"],
  ["a plan that is no id", { ...envelope, plan_id: 3 }, "invalid_id"],
  ["a task in data that is too long", data({ task_id: "é".repeat(200), state: "running" }), "invalid_id"],
  ["an empty type", type(""), "invalid_type"],
  ["a type that is a number", type(1), "invalid_type"],
  ["a type of 256 bytes", type("t".repeat(256)), "invalid_type"],
  ["NUL in an id", id("a\0b"), "invalid_text"],
  ["a lone surrogate in an id", id("a\ud800"), "invalid_text"],
  ["NUL in a type", type("a\0"), "invalid_text"],
  ["NUL in a task's id", data({ task_id: "a\0", state: "running" }), "invalid_text"],
  ["now", time("now"), "invalid_timestamp"],
  ["infinity", time("infinity"), "invalid_timestamp"],
  ["a day that is not", time("2026-02-30T00:00:00Z"), "invalid_timestamp"],
  ["second 60", time("2026-01-11T10:00:60Z"), "invalid_timestamp"],
  ["an epoch number", time(1_768_125_600_000), "invalid_timestamp"],
  ["a time without a zone", time("2026-01-11T10:00:00"), "invalid_timestamp"],
  ["the year 10000", time("9999-12-31T23:59:59-01:00"), "invalid_timestamp"],
  ["an attempt of 0", { ...job, attempt: 0 }, "invalid_payload"],
  ["a kind of job that is not", { ...job, jobType: "cron" }, "invalid_payload"],
  ["a sequence that is text", { ...job, sequence: "1" }, "invalid_payload"],
  ["a progress above 1", data({ ...envelope.data, progress: 1.5 }), "invalid_payload"],
  ["a state that is not", data({ ...envelope.data, state: "half" }), "invalid_payload"],
  ["data that is no object", data("half"), "invalid_payload"],
  ["a request's deadline that is no time", {
    ...envelope,
    topic: "action-requests",
    type: "any",
    data: { deadline: "soon" }
  }, "invalid_payload"],
  ["a result's success that is text", {
    ...envelope,
    topic: "action-results",
    type: "any",
    data: { success: "yes" }
  }, "invalid_payload"],
  ["a number outside a double", JSON.parse(`{"id":"e","x":[1e400]}`), "invalid_number"],
  ["256 KiB of text", { ...job, note: "x".repeat(256 * 1024) }, "too_large"],
  ["256 KiB in three-byte characters", { ...job, note: "€".repeat(90_000) }, "too_large"],
  ["depth 101", { ...job, note: nested(100) }, "too_deep"],
  ["a depth that would overflow the stack", JSON.parse("[".repeat(1_000_000) + "]".repeat(1_000_000)), "not_an_object"],
  [
    "the same within an event",
    { ...job, note: JSON.parse("[".repeat(1_000_000) + "]".repeat(1_000_000)) },
    "too_deep"
  ]
]

describe("decode", () => {
  for (const [name, value, code] of verdicts) {
    it(`answers ${code} to ${name}`, () => assert.strictEqual(codeOf(value), code))
  }

  it("takes depth 100", () => assert.strictEqual(codeOf({ ...job, note: nested(99) }), "accepted"))

  it("says which field is wrong", () => {
    const result = decode(data({ ...envelope.data, progress: 1.5 }))
    assert.include(result._tag === "Rejected" ? result.rejected.detail : "", "progress")
  })

  it("repairs text and keys of the payload", () => {
    const event = eventOf({ ...job, note: "a\0b\ud800c", ["k\0"]: 1 })
    assert.deepInclude(event.data, { note: "a\uFFFDb\uFFFDc", "k\uFFFD": 1 })
    assert.deepStrictEqual(JSON.parse(event.dataJson), event.data)
  })

  it("keeps a key called __proto__ as a key", () => {
    const event = eventOf({ ...job, note: JSON.parse(`{"__proto__":{"a":"\\u0000"}}`) })
    assert.include(event.dataJson, `"__proto__"`)
  })

  it("gives instants in UTC with microseconds", () =>
    assert.strictEqual(eventOf(time("2026-01-11T11:00:00.1234567+01:00")).occurredAt, "2026-01-11T10:00:00.123456Z"))

  it("keeps what a number outside a double was", () => {
    const result = decode(JSON.parse(`{"eventId":"e","x":-1e400}`))
    assert.strictEqual(result._tag === "Rejected" && result.rejected.body, `{"eventId":"e","x":-1e999}`)
    const lookalike = `{"x":1e999,"y":"\\u0000infinite:"}`
    const kept = decode(JSON.parse(lookalike))
    assert.strictEqual(kept._tag === "Rejected" && kept.rejected.body, lookalike)
  })

  it("finds the form by fields, not by the type's name", () => {
    const forms = [{ ...job, workflowId: "w" }, { ...job, data: {} }, job, { ...job, specversion: "1.0", id: "e" }]
    assert.deepStrictEqual(
      forms.map((event) => eventOf({ ...event, time: job.timestamp, type: "retry.scheduled" }).form),
      [
        "workflow",
        "envelope",
        "job",
        "envelope"
      ]
    )
  })

  it("names tasks by action_id, correlation_id and id on action topics", () => {
    const request = { ...envelope, topic: "action-requests", type: "search" }
    assert.deepStrictEqual(
      [
        eventOf({ ...request, correlation_id: "c", data: { action_id: "a" } }),
        eventOf({ ...request, correlationid: "c", data: {} }),
        eventOf({ ...request, data: {} }),
        eventOf({ ...envelope, correlation_id: "c" })
      ].map(({ taskId }) => taskId),
      ["a", "c", "e1", "task-1"]
    )
  })

  it("splits a job event into base fields and payload", () =>
    assert.deepStrictEqual(eventOf({ ...job, env: "production", colour: "red" }).data, {
      attempt: 1,
      colour: "red",
      env: "production"
    }))
})

const hash = (value: unknown) => eventOf(value).hash

describe("the body's hash", () => {
  it("is the same for the same event in other words", () => {
    const same = [
      envelope,
      Object.fromEntries(Object.entries(envelope).toReversed()),
      { ...without(without(envelope, "id"), "time"), eventId: envelope.id, timestamp: envelope.time },
      { ...envelope, env: "production", serviceKey: "billing", tenant_id: "acme" },
      { ...envelope, specversion: "1.0" },
      without(envelope, "topic"),
      { ...envelope, parent_event_id: null }
    ]
    assert.deepStrictEqual(new Set(same.map(hash)).size, 1)
  })

  it("leaves out the tenant by every name, in every form", () => {
    const workflow = { eventId: "e", timestamp: job.timestamp, type: "step.started", workflowId: "w" }
    for (const event of [job, envelope, workflow]) {
      for (const name of ["tenant_id", "tenantId", "tenantid"]) {
        assert.strictEqual(hash({ ...event, [name]: "acme" }), hash(event), name)
      }
    }
  })

  it("goes by the one of two aliases that is read", () => {
    const both = { ...envelope, plan_id: "read", planId: "ignored", planid: "too" }
    assert.strictEqual(eventOf(both).planId, "read")
    assert.strictEqual(hash(both), hash({ ...envelope, plan_id: "read" }))
    assert.strictEqual(hash({ ...both, plan_id: null }), hash({ ...envelope, plan_id: "ignored" }))
    assert.strictEqual(hash({ ...envelope, eventId: "other" }), hash(envelope))
  })

  it("differs when the event says something else", () => {
    const others = [
      envelope,
      data({ ...envelope.data, progress: 0.25 }),
      { ...envelope, source: "other" },
      { ...envelope, trace_id: "t" },
      { ...envelope, plan_id: "p" }
    ]
    assert.strictEqual(new Set(others.map(hash)).size, others.length)
  })
})
