import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { envelope, life, metrics, onEachStore, plan, task, tasks, tell, time, timeline } from "./stores.ts"

const boom = { error: { name: "Error", message: "boom" } }

/** Fails once, and succeeds on the second attempt. */
const retried = life(
  "life-1",
  ["job.created", time(0)],
  ["job.started", time(0)],
  ["execution.started", time(0), { attempt: 1, handler: "execute" }],
  ["execution.failed", time(1), { ...boom, attempt: 1, willRetry: true }],
  ["alarm.scheduled", time(1), { kind: "retry", scheduledFor: time(2) }],
  ["retry.scheduled", time(1), { ...boom, attempt: 2, retryAt: time(2) }],
  ["alarm.fired", time(2), { kind: "retry", scheduledFor: time(2) }],
  ["retry.attempted", time(2), { attempt: 2, scheduledFor: time(2) }],
  ["execution.started", time(2), { attempt: 2, handler: "execute" }],
  ["execution.succeeded", time(3), { attempt: 2, durationMs: 60_000 }],
  ["alarm.scheduled", time(3), { kind: "schedule", scheduledFor: time(30) }]
)

const exhausted = life(
  "life-2",
  ["job.created", time(1)],
  ["job.started", time(1)],
  ["execution.started", time(1), { attempt: 1, handler: "execute" }],
  ["execution.failed", time(2), { ...boom, attempt: 1, willRetry: false }],
  ["retry.exhausted", time(2), { attempts: 1, lastError: { message: "other" } }],
  ["job.failed", time(2), { ...boom, attempt: 1, willRetry: false, reason: "retryExhausted" }],
  ["job.terminated", time(2), { by: "retryExhausted" }]
)

const report = (at: string, message: string) =>
  envelope("task.progress", at, { task_id: "life-1:r1", plan_id: "life-1", state: "running", message })

describe("a life of a job", () => {
  onEachStore("is a plan, its execution a task with all its attempts", () =>
    Effect.gen(function*() {
      yield* tell(...retried)
      assert.deepStrictEqual(yield* plan("life-1"), {
        plan_id: "life-1",
        status: "running",
        started_at: time(0),
        task_count: 1,
        completed_tasks: 1,
        failed_tasks: 0,
        current_state: "scheduled",
        trace_id: null,
        session_id: "continuous:audit:1",
        parent_plan_id: null,
        goal_event: "continuous.audit",
        next_run_at: time(30),
        stalled: false
      })
      assert.deepStrictEqual(yield* tasks("life-1"), [{
        task_id: "life-1:r1",
        plan_id: "life-1",
        event_type: "continuous.audit.execute",
        state: "completed",
        started_at: time(0),
        completed_at: time(3),
        duration_seconds: 180,
        agent_id: "audit",
        attempt: 2,
        stalled: false
      }])
      assert.deepStrictEqual(
        (yield* timeline("life-1")).map(({ event_type }) => event_type),
        retried.map(({ type }) => type)
      )
    }))

  onEachStore("waits between attempts, and says why", () =>
    Effect.gen(function*() {
      yield* tell(...retried.slice(0, 4))
      assert.deepInclude(yield* task("life-1", "life-1:r1"), { state: "waiting", message: "boom" })
      yield* tell(...retried.slice(4, 6))
      // Five minutes past the hour, three after the retry was due.
      assert.deepInclude(yield* task("life-1", "life-1:r1"), {
        state: "waiting",
        message: `retry 2 at ${time(2)}`,
        attempt: 1,
        stalled: true
      })
      assert.deepInclude(yield* plan("life-1"), { current_state: "retrying", next_run_at: time(2), stalled: true })
      yield* tell(...retried.slice(6, 9))
      assert.deepInclude(yield* task("life-1", "life-1:r1"), { state: "running", attempt: 2, stalled: false })
      assert.notProperty(yield* task("life-1", "life-1:r1"), "message")
      assert.deepInclude(yield* plan("life-1"), { current_state: "running", stalled: false })
    }))

  onEachStore("fails when no attempt is left, and nothing of it counts as superseded", () =>
    Effect.gen(function*() {
      yield* tell(...exhausted.toReversed())
      assert.deepInclude(yield* plan("life-2"), {
        status: "failed",
        completed_at: time(2),
        current_state: "terminated",
        failed_tasks: 1
      })
      assert.deepStrictEqual((yield* plan("life-2")).error, boom.error)
      assert.deepStrictEqual((yield* task("life-2", "life-2:r1"))?.error, boom.error)
      assert.deepStrictEqual((yield* timeline("life-2")).filter(({ superseded }) => superseded), [])
    }))

  onEachStore("is found by its instance, the newest first", () =>
    Effect.gen(function*() {
      yield* tell(...exhausted, ...retried)
      assert.strictEqual((yield* plan("continuous:audit:1")).plan_id, "life-2")
      assert.strictEqual((yield* tasks("continuous:audit:1"))[0]?.task_id, "life-2:r1")
      assert.strictEqual((yield* plan("life-1")).plan_id, "life-1")
      assert.strictEqual((yield* timeline("continuous:audit:1")).length, exhausted.length)
    }))

  onEachStore("counts for its definition as the agent", () =>
    Effect.gen(function*() {
      yield* tell(...exhausted, ...retried)
      assert.deepStrictEqual(yield* metrics("audit"), {
        agent_id: "audit",
        period: "7d",
        total_tasks: 2,
        completed_tasks: 1,
        failed_tasks: 1,
        cancelled_tasks: 0,
        running_tasks: 0,
        avg_duration_seconds: 120,
        p50_duration_seconds: 120,
        p95_duration_seconds: 174,
        success_rate: 0.5
      })
      assert.strictEqual((yield* metrics("audit", "4m")).total_tasks, 1)
    }))

  onEachStore("shows the progress that the job reports", () =>
    Effect.gen(function*() {
      yield* tell(
        envelope("task.progress", time(0), {
          task_id: "life-1:r1",
          plan_id: "life-1",
          state: "running",
          progress: 0.5,
          message: "half"
        }, { source: "audit" }),
        ...retried.slice(0, 3)
      )
      assert.deepInclude(yield* task("life-1", "life-1:r1"), {
        event_type: "continuous.audit.execute",
        progress: 0.5,
        message: "half",
        agent_id: "audit",
        state: "running"
      })
    }))

  onEachStore(
    "shows what was reported in the very instant of an attempt's start, whichever attempt",
    () =>
      Effect.gen(function*() {
        yield* tell(report(time(0), "first try"), ...retried.slice(0, 3))
        assert.deepInclude(yield* task("life-1", "life-1:r1"), { message: "first try" })
        yield* tell(...retried.slice(3, 6))
        assert.deepInclude(yield* task("life-1", "life-1:r1"), { message: `retry 2 at ${time(2)}` })
        yield* tell(report(time(2), "second try"), ...retried.slice(6, 9))
        assert.deepInclude(yield* task("life-1", "life-1:r1"), { state: "running", message: "second try" })
      })
  )

  onEachStore("says nothing of a wait that has ended, even in the instant that it began", () =>
    Effect.gen(function*() {
      const events = life(
        "life-1",
        ["execution.started", time(0), { attempt: 1, handler: "execute" }],
        ["execution.failed", time(0), { ...boom, attempt: 1, willRetry: true }],
        ["retry.scheduled", time(0), { ...boom, attempt: 2, retryAt: time(0) }],
        ["retry.attempted", time(0), { attempt: 2, scheduledFor: time(0) }],
        ["retry.exhausted", time(1), { attempts: 2, lastError: boom.error }]
      )
      yield* tell(...events.slice(0, 4).toReversed())
      assert.notProperty(yield* task("life-1", "life-1:r1"), "message")
      yield* tell(...events.slice(4))
      assert.notProperty(yield* task("life-1", "life-1:r1"), "message")
    }))

  onEachStore("is cancelled with its waiting execution when it is terminated", () =>
    Effect.gen(function*() {
      const cancelled = life(
        "life-3",
        ["job.created", time(0)],
        ["execution.started", time(0), { attempt: 1, handler: "execute" }],
        ["execution.failed", time(1), { ...boom, attempt: 1, willRetry: true }],
        ["alarm.scheduled", time(1), { kind: "retry", scheduledFor: time(2) }],
        ["alarm.cancelled", time(2), { kind: "retry", reason: "terminated", executionId: "life-3:r1" }],
        ["job.terminated", time(2), { by: "client" }]
      )
      yield* tell(...cancelled)
      assert.deepInclude(yield* plan("life-3"), { status: "cancelled", completed_at: time(2) })
      assert.notProperty(yield* plan("life-3"), "next_run_at")
      assert.deepInclude(yield* task("life-3", "life-3:r1"), { state: "cancelled", completed_at: time(2) })
    }))

  onEachStore("pauses and resumes as a pool", () =>
    Effect.gen(function*() {
      const [created, paused, resumed] = life(
        "life-4",
        ["job.created", time(0)],
        ["pool.paused", time(1)],
        ["pool.resumed", time(2)]
      )
      yield* tell(created, paused)
      assert.strictEqual((yield* plan("life-4")).status, "paused")
      yield* tell(resumed)
      assert.strictEqual((yield* plan("life-4")).status, "running")
    }))

  onEachStore("shows how much a debounce has collected", () =>
    Effect.gen(function*() {
      const [created, ...added] = life(
        "life-5",
        ["job.created", time(0)],
        ["debounce.event.added", time(1), { eventCount: 1 }],
        ["debounce.event.added", time(1), { eventCount: 2 }]
      )
      yield* tell(...added.toReversed(), created)
      assert.deepInclude(yield* plan("life-5"), { progress: 2, current_state: "collecting" })
    }))
})
