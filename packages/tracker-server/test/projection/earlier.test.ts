import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { earlier, life, metrics, onEachStore, plan, task, tasks, tell, time, timeline } from "./stores.ts"

const boom = { error: { message: "boom" } }

describe("an earlier emitter's instance", () => {
  onEachStore("is a plan, each of its runs a task with all its attempts", () =>
    Effect.gen(function*() {
      const events = earlier(
        "continuous",
        ["job.started", time(0), { input: { n: 1 } }],
        ["job.executed", time(1), { runCount: 1, attempt: 1, durationMs: 30_000 }],
        ["job.failed", time(2), { ...boom, runCount: 2, attempt: 1, willRetry: true }],
        ["job.executed", time(3), { runCount: 2, attempt: 2, durationMs: 10_000 }],
        ["job.failed", time(4), { ...boom, runCount: 3, attempt: 1, willRetry: false }]
      )
      yield* tell(...events.toReversed())
      assert.deepStrictEqual(yield* plan("continuous:audit:1"), {
        plan_id: "continuous:audit:1",
        status: "running",
        started_at: time(0),
        task_count: 3,
        completed_tasks: 2,
        failed_tasks: 1,
        current_state: "idle",
        trace_id: null,
        session_id: "continuous:audit:1",
        parent_plan_id: null,
        goal_event: "continuous.audit",
        stalled: false
      })
      const known = { plan_id: "continuous:audit:1", event_type: "continuous.audit", agent_id: "audit", stalled: false }
      assert.deepStrictEqual(yield* tasks("continuous:audit:1"), [
        {
          ...known,
          task_id: "continuous:audit:1:r1",
          state: "completed",
          started_at: time(0, 30),
          completed_at: time(1),
          duration_seconds: 30,
          attempt: 1
        },
        {
          ...known,
          task_id: "continuous:audit:1:r2",
          state: "completed",
          started_at: time(2),
          completed_at: time(3),
          duration_seconds: 60,
          attempt: 2
        },
        {
          ...known,
          task_id: "continuous:audit:1:r3",
          state: "failed",
          started_at: time(4),
          completed_at: time(4),
          duration_seconds: 0,
          attempt: 1,
          ...boom
        }
      ])
      assert.strictEqual((yield* timeline("continuous:audit:1")).length, events.length)
      assert.deepInclude(yield* metrics("audit"), { total_tasks: 3, completed_tasks: 2, failed_tasks: 1 })
    }))

  onEachStore("waits between attempts, and says why", () =>
    Effect.gen(function*() {
      yield* tell(
        ...earlier("task", ["job.failed", time(1), { error: "boom", runCount: 1, attempt: 1, willRetry: true }])
      )
      assert.deepInclude(yield* task("task:audit:1", "task:audit:1:r1"), { state: "waiting", message: "boom" })
      assert.deepInclude(yield* plan("task:audit:1"), { status: "running", current_state: "retrying" })
    }))

  onEachStore("gives what counts no run a task of its own", () =>
    Effect.gen(function*() {
      const [uncounted, zeroth] = earlier(
        "task",
        ["job.executed", time(1), { durationMs: 1 }],
        ["job.failed", time(2), { ...boom, runCount: 0, willRetry: true }]
      )
      yield* tell(zeroth, uncounted)
      assert.deepStrictEqual(
        (yield* tasks("task:audit:1")).map(({ state, task_id }) => [task_id, state]),
        [[`task:audit:1:${uncounted?.eventId}`, "completed"], [`task:audit:1:${zeroth?.eventId}`, "waiting"]]
      )
    }))

  onEachStore(
    "fails when its retries are exhausted, and is cancelled when it is terminated",
    () =>
      Effect.gen(function*() {
        yield* tell(
          ...earlier(
            "task",
            ["job.failed", time(1), { ...boom, runCount: 1, attempt: 1, willRetry: true }],
            ["job.retryExhausted", time(2), { attempts: 1, reason: "max_attempts", lastError: boom.error }],
            ["job.terminated", time(3), { runCount: 1 }]
          ),
          ...earlier("continuous", ["job.started", time(1)], ["job.terminated", time(2), { runCount: 0 }])
        )
        assert.deepInclude(yield* plan("task:audit:1"), {
          status: "failed",
          completed_at: time(2),
          current_state: "terminated",
          ...boom
        })
        assert.strictEqual((yield* task("task:audit:1", "task:audit:1:r1"))?.state, "cancelled")
        assert.deepStrictEqual((yield* timeline("task:audit:1")).filter(({ superseded }) => superseded), [])
        assert.deepInclude(yield* plan("continuous:audit:1"), { status: "cancelled", completed_at: time(2) })
      })
  )

  onEachStore("collects until it is flushed", () =>
    Effect.gen(function*() {
      const [started, flushed] = earlier(
        "debounce",
        ["debounce.started", time(1), { flushAt: time(2) }],
        ["debounce.flushed", time(2), { eventCount: 5, reason: "timeout", durationMs: 10 }]
      )
      yield* tell(started)
      assert.deepInclude(yield* plan("debounce:audit:1"), {
        status: "running",
        started_at: time(1),
        current_state: "collecting",
        next_run_at: time(2),
        stalled: true
      })
      yield* tell(flushed)
      assert.deepInclude(yield* plan("debounce:audit:1"), {
        status: "completed",
        completed_at: time(2),
        current_state: "completed",
        progress: 5,
        stalled: false
      })
      assert.notProperty(yield* plan("debounce:audit:1"), "next_run_at")
    }))

  for (const name of ["scheduledAt", "scheduledFor", "runAt"]) {
    onEachStore(`runs next at the ${name} of its last schedule, until it has run`, () =>
      Effect.gen(function*() {
        const [first, second, run] = earlier(
          "task",
          ["task.scheduled", time(1), { [name]: time(2), trigger: "event" }],
          // Scheduled by the very run that is told later, and in the very millisecond of its start.
          ["task.scheduled", time(2), { [name]: time(9), trigger: "execute" }],
          ["job.executed", time(2, 5), { runCount: 1, attempt: 1, durationMs: 5000 }]
        )
        yield* tell(first)
        assert.deepInclude(yield* plan("task:audit:1"), {
          next_run_at: time(2),
          current_state: "scheduled",
          stalled: true
        })
        yield* tell(run)
        assert.notProperty(yield* plan("task:audit:1"), "next_run_at")
        yield* tell(second)
        assert.deepInclude(yield* plan("task:audit:1"), { next_run_at: time(9), stalled: false })
      }))
  }

  onEachStore("is one of the lives that its instance has had since", () =>
    Effect.gen(function*() {
      yield* tell(...earlier("continuous", ["job.executed", time(1), { runCount: 1, attempt: 1, durationMs: 1 }]))
      assert.strictEqual((yield* plan("continuous:audit:1")).plan_id, "continuous:audit:1")
      yield* tell(...life("life", ["job.created", time(2)]))
      assert.strictEqual((yield* plan("continuous:audit:1")).plan_id, "life")
    }))
})

describe("the names of an earlier emitter", () => {
  onEachStore("are unknown ones in a life, whose failure is its end", () =>
    Effect.gen(function*() {
      yield* tell(...life(
        "life",
        ["job.created", time(0)],
        ["job.executed", time(1), { runCount: 1, executionId: "life:r1" }],
        ["job.retryExhausted", time(1)],
        ["debounce.flushed", time(1)],
        ["task.scheduled", time(1), { scheduledAt: time(9) }]
      ))
      assert.deepInclude(yield* plan("life"), { status: "running", current_state: "created", task_count: 0 })
      assert.strictEqual((yield* timeline("life")).length, 5)
      yield* tell(...life("life-2", ["job.failed", time(1), { ...boom, attempt: 1, willRetry: false }]))
      assert.deepInclude(yield* plan("life-2"), { status: "failed", task_count: 0 })
    }))

  onEachStore("count for what they say where other fields make no sense", () =>
    Effect.gen(function*() {
      const junk = [null, -1, 0.5, 1e300, "x".repeat(3000), [], {}]
      yield* Effect.forEach(junk, (value) =>
        Effect.gen(function*() {
          const answer = yield* tell(
            ...earlier(
              "task",
              ["job.executed", time(1), { runCount: value, attempt: value, durationMs: value, jobName: value }],
              ["job.failed", time(1), { runCount: 7, attempt: value, willRetry: false, error: value }],
              ["job.executed", time(1), { runCount: 8, durationMs: 1e15, jobType: value }],
              ["debounce.started", time(1), { flushAt: value }],
              ["debounce.flushed", time(1), { eventCount: value }],
              ["task.scheduled", time(1), { scheduledAt: value }]
            ).map((event) => event.type === "job.failed" ? event : { ...event, jobType: value })
          )
          assert.deepStrictEqual([answer.accepted, answer.rejected], [6, []], JSON.stringify(value))
        }))
      assert.deepInclude(yield* task("task:audit:1", "task:audit:1:r7"), { state: "failed", started_at: time(1) })
      assert.deepInclude(yield* task("task:audit:1", "task:audit:1:r8"), { state: "completed", started_at: time(1) })
    }))
})
