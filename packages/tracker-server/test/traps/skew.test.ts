import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { batch, codes, ingestServer } from "../http/ingestServer.ts"

let made = 0
const event = (topic: string, type: string, time: string, data: object) => ({
  id: `skew-${++made}`,
  source: "worker",
  topic,
  type,
  time,
  correlation_id: topic === "system-events" ? undefined : "t",
  data
})

const job = (type: string, time: string, sequence: number, fields: object = {}) => ({
  eventId: `skew-${++made}`,
  timestamp: time,
  type,
  instanceId: "task:sync:1",
  jobType: "task",
  jobName: "sync",
  incarnationId: "life",
  executionId: "life:x1",
  sequence,
  ...fields
})

/** All numbers of an answer that say how long something took. */
const durations = (text: string): ReadonlyArray<number> =>
  [...text.matchAll(/"\w*duration_seconds":(-?[\d.e+-]+)/g)].map(([, number]) => Number(number))

describe("clocks that disagree", () => {
  it.live("never make a duration negative", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      const nowMs = yield* Clock.currentTimeMillis
      const at = (seconds: number) => new Date(nowMs + seconds * 1000).toISOString()
      // Each ends before it began, by a second or by thousands of years.
      const answer = yield* send(batch(
        event("system-events", "plan.started", at(0), { plan_id: "p" }),
        event("action-requests", "web.search", at(0), { plan_id: "p", assigned_to: "worker" }),
        event("action-results", "web.search", at(-1), { success: true }),
        event("system-events", "plan.completed", "0001-01-01T00:00:00Z", { plan_id: "p" }),
        event("system-events", "task.state_changed", "9999-12-31T23:59:59Z", {
          task_id: "late",
          plan_id: "p",
          previous_state: "pending",
          new_state: "running"
        }),
        event("system-events", "task.state_changed", "0001-01-01T00:00:00Z", {
          task_id: "late",
          plan_id: "p",
          previous_state: "running",
          new_state: "failed"
        }),
        job("execution.started", at(0), 1, { runCount: 1, attempt: 1 }),
        job("execution.succeeded", at(-5), 2, { runCount: 1, attempt: 1 })
      ))
      assert.deepStrictEqual(codes(answer), {})
      const tasks = (yield* ask("/plans/p/tasks")).text
      assert.deepStrictEqual(durations(tasks), [0, 0])
      assert.deepStrictEqual(durations((yield* ask("/plans/life/tasks")).text), [0])
      for (const agent of ["worker", "sync"]) {
        const metrics = (yield* ask(`/metrics?agent_id=${agent}`)).text
        assert.deepStrictEqual(durations(metrics), [0, 0, 0], agent)
        assert.include(metrics, `"completed_tasks":1`)
      }
      assert.strictEqual(JSON.parse((yield* ask("/plans/p")).text).status, "completed")
    }))
})
