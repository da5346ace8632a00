import { catalogue } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { batch, ingestServer, verdicts } from "../http/ingestServer.ts"

/** Ids that meet each other, and those that stand at an edge. */
const ids = ["p", "t", "a", "p:r1", "x".repeat(255), "é".repeat(127), "%", "__proto__"]

/** What a field may hold that somebody did not think of. */
const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    "\0",
    "\ud800",
    ".",
    "infinity",
    "now",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-02-30T00:00:00Z",
    "running",
    "completed",
    "nonsense",
    "x".repeat(300),
    "x".repeat(20_000),
    "é".repeat(200),
    0,
    -0,
    -1,
    0.5,
    1.5,
    1e10,
    2 ** 31,
    2 ** 53,
    1e300,
    -1e300,
    5e-324,
    [],
    {},
    [null],
    { "": "\0", message: 7 },
    { message: "\ud800".repeat(9) },
    { name: "E", message: "m".repeat(5000), stack: [] },
    JSON.parse(`{"__proto__":{"message":"m"},"constructor":1}`)
  ),
  fc.jsonValue({ maxDepth: 3 })
)

/** What a field may hold that fits in many places. */
const plain = fc.constantFrom<unknown>(
  ...ids,
  "2026-01-11T10:00:00Z",
  "2026-01-11T10:00:01.5+14:00",
  "pending",
  "running",
  "waiting",
  "completed",
  "failed",
  "cancelled",
  0,
  1,
  2,
  0.25,
  true,
  false,
  { name: "E", message: "m" }
)

const value = fc.oneof({ weight: 3, arbitrary: plain }, { weight: 2, arbitrary: nasty })

const payloadFields = [...new Set(catalogue.flatMap(({ accepts }) => Object.keys(accepts.fields)))]
const furtherTypes = ["job.executed", "job.retryExhausted", "debounce.started", "debounce.flushed", "task.scheduled"]
  .concat([
    "workflow.started",
    "workflow.completed",
    "workflow.failed",
    "step.started",
    "step.failed",
    "step.completed"
  ])
  .concat(["sleep.started", "timeout.set", "retry.scheduled", "never.heard.of"])
const types = [...new Set([...catalogue.map(({ type }) => type), ...furtherTypes])]

const id = fc.constantFrom(...ids)
const oneOfMany = fc.integer({ min: 0, max: 2 ** 31 }).map((n) => `e${n}`)
const instant = fc.constantFrom("2026-01-11T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
const type = fc.constantFrom(...types)
const some = (names: ReadonlyArray<string>) => fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 12 })

const baseFields = ["source", "id", "sequence", "executionId", "traceId", "parentEventId", "parentIncarnationId"]
const job = fc.record({ eventId: oneOfMany, timestamp: instant, type, instanceId: id, jobName: id, incarnationId: id })
const event = fc.oneof(
  fc.tuple(job, some([...baseFields, ...payloadFields])).map(([base, fields]) => ({
    jobType: "task",
    ...base,
    ...fields
  })),
  fc.tuple(job, some(["workflowId", "stepName", ...payloadFields])).map(([base, fields]) => ({
    ...base,
    workflowId: "w",
    ...fields
  })),
  fc.record({
    id: oneOfMany,
    time: instant,
    type,
    topic: fc.constantFrom("system-events", "action-requests", "action-results", "business-facts"),
    data: fc.tuple(fc.record({ task_id: id, plan_id: id }), some(payloadFields)).map((parts) =>
      Object.assign({}, ...parts)
    )
  }),
  fc.tuple(
    fc.record({ id: oneOfMany, time: instant, type }),
    some(["topic", "data", "source", "correlation_id", "trace_id", "session_id", "plan_id", "specversion"])
  ).map((parts) => Object.assign({}, ...parts)),
  nasty
)

const batches = 40
const eventsOfBatch = 60

describe("whatever JSON comes", () => {
  it.live("has its answer event by event, and every question after it too", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      let taken = 0
      const deliver = async (events: ReadonlyArray<unknown>) => {
        const answer = verdicts(await Effect.runPromise(send(batch(...events))))
        assert.strictEqual(answer.accepted + answer.duplicates + answer.rejected.length, events.length)
        taken += answer.accepted
      }
      yield* Effect.promise(() =>
        fc.assert(fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: eventsOfBatch, size: "max" }), deliver), {
          numRuns: batches
        })
      )
      assert.isAbove(taken, batches)
      for (const name of ids) {
        const path = encodeURIComponent(name)
        for (const rest of ["", "/tasks?limit=500", "/timeline?limit=500"]) {
          assert.include([200, 404], (yield* ask(`/plans/${path}${rest}`)).status, name + rest)
        }
        assert.strictEqual((yield* ask(`/metrics?agent_id=${path}&period=400d`)).status, 200, name)
      }
    }), 60_000)
})
