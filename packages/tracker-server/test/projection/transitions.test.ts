import { layerFreshPostgres } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { decode } from "../../src/ingest/decode.ts"
import { projectAll } from "../../src/projection/project.ts"
import * as PgStores from "../../src/storage/postgres/PgStores.ts"
import { earlier, envelope, life, request, result, tell, time, workflow } from "./stores.ts"

const changed = (previous_state: string, new_state: string, more: object = {}) =>
  envelope("task.state_changed", time(1), { task_id: "t", plan_id: "p", previous_state, new_state, ...more })

const error = { message: "boom" }
const execution = (type: string, fields: object) => life("life", [type, time(1), fields])[0]
const attempt = (type: string, fields: object) => earlier("task", [type, time(1), { runCount: 1, ...fields }])[0]
const step = (type: string, fields: object) => workflow([type, time(1), { stepName: "pay", ...fields }])[0]

/** Events and the transition that each tells: from, to and reason. */
const told: ReadonlyArray<readonly [event: object | undefined, transition: ReadonlyArray<string | null> | undefined]> =
  [
    [changed("pending", "running", { reason: "picked up" }), ["pending", "running", "picked up"]],
    // Illegal, and after an end: what was said is kept as it was said.
    [changed("completed", "pending"), ["completed", "pending", null]],
    [changed("running", "completed"), ["running", "completed", null]],
    [execution("execution.started", { attempt: 1 }), ["pending", "running", null]],
    [execution("execution.started", { attempt: 2 }), undefined],
    [execution("retry.attempted", { attempt: 2 }), ["waiting", "running", null]],
    [execution("execution.succeeded", { attempt: 1, durationMs: 1 }), ["running", "completed", null]],
    [execution("execution.failed", { attempt: 1, willRetry: true, error }), ["running", "waiting", "boom"]],
    [execution("execution.failed", { attempt: 1, willRetry: false, error }), ["running", "failed", "boom"]],
    [
      execution("alarm.cancelled", { kind: "retry", reason: "terminated", executionId: "life:r1" }),
      ["waiting", "cancelled", "terminated"]
    ],
    [execution("alarm.cancelled", { kind: "schedule", executionId: "life:r1" }), undefined],
    [execution("retry.scheduled", { attempt: 2, retryAt: time(2) }), undefined],
    [execution("retry.exhausted", { attempts: 1 }), undefined],
    [execution("pool.item.cancelled", { itemId: "1", executionId: "life:i1" }), undefined],
    [execution("job.failed", { error, attempt: 1, willRetry: false }), undefined],
    [attempt("job.executed", { attempt: 1 }), ["running", "completed", null]],
    [attempt("job.failed", { willRetry: true, error }), ["running", "waiting", "boom"]],
    [attempt("job.failed", { willRetry: false, error: "no disk" }), ["running", "failed", "no disk"]],
    [attempt("job.retryExhausted", { attempts: 1 }), undefined],
    [attempt("task.scheduled", { scheduledAt: time(2) }), undefined],
    [step("step.started", { attempt: 1 }), ["pending", "running", null]],
    [step("step.started", { attempt: 2 }), ["waiting", "running", null]],
    [step("step.completed", { attempt: 2 }), ["running", "completed", null]],
    [step("step.completed", { attempt: 2, cached: true }), undefined],
    [step("step.failed", { willRetry: true, error }), ["running", "waiting", "boom"]],
    [step("step.failed", { willRetry: false, error }), ["running", "failed", "boom"]],
    [step("retry.scheduled", { attempt: 1, nextAttemptAt: time(2) }), undefined],
    [step("workflow.paused", { reason: "retry" }), undefined],
    [request("t", time(1), { plan_id: "p" }), undefined],
    [result("t", time(1)), undefined],
    [envelope("task.progress", time(1), { task_id: "t", state: "completed" }), undefined],
    [envelope("plan.completed", time(1), { plan_id: "p" }), undefined],
    [
      envelope("delegation.started", time(1), { group_id: "g", parent_task_id: "t", plan_id: "p", total_tasks: 3 }),
      undefined
    ]
  ]

/** The events with ids that sort as they stand. */
const events = told.map(([event], i) => {
  const key = event !== undefined && "eventId" in event ? "eventId" : "id"
  return { ...event, [key]: `event-${String(i).padStart(2, "0")}` }
})
const expected = told.flatMap(([, transition], i) => transition === undefined ? [] : [[i, ...transition]])

const place = (eventId: string) => Number(eventId.slice("event-".length))
const reception = { receivedAt: "2026-01-11T10:00:00.000000Z", requestTraceId: null }

describe("transitions", () => {
  it("are one an event, from the event alone (in memory)", () => {
    const read = events.flatMap((event) => {
      const decoded = decode(event)
      return decoded._tag === "Event" ? [decoded.event] : []
    })
    const { groups, transitions } = projectAll([...read, ...read], reception)
    assert.deepStrictEqual(
      [...transitions.values()].map(({ eventId, fromState, reason, toState }) => [
        place(eventId),
        fromState,
        toState,
        reason
      ]),
      expected
    )
    assert.strictEqual(groups.get("g")?.start.value.totalTasks, 3)
  })

  it.live("are one an event, from the event alone (in PostgreSQL)", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* tell(...events.toReversed())
      yield* tell(...events)
      const rows = yield* sql<{ event_id: string; from_state: string; to_state: string; reason: string | null }>`
        SELECT event_id, from_state, to_state, reason FROM state_transitions ORDER BY event_id`
      assert.deepStrictEqual(
        rows.map(({ event_id, from_state, reason, to_state }) => [place(event_id), from_state, to_state, reason]),
        expected
      )
      assert.deepStrictEqual(
        yield* sql`SELECT group_id, parent_task_id, plan_id, total_tasks::float8 AS total FROM delegation_groups`,
        [{ group_id: "g", parent_task_id: "t", plan_id: "p", total: 3 }]
      )
    }).pipe(Effect.provide(Layer.provideMerge(PgStores.layer, layerFreshPostgres))))
})
