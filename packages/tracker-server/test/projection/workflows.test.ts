import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { life, metrics, onEachStore, plan, task, tasks, tell, time, timeline, workflow } from "./stores.ts"

const boom = { error: { message: "boom" } }
const pay = { stepName: "pay" }

/** One step that needs two attempts, then a sleep, then another step. */
const run = workflow(
  ["workflow.queued", time(0), { input: 1 }],
  ["workflow.started", time(0, 1), { input: 1 }],
  ["step.started", time(0, 2), { ...pay, attempt: 1 }],
  ["step.failed", time(0, 3), { ...pay, ...boom, attempt: 1, willRetry: true }],
  ["retry.scheduled", time(0, 3), { ...pay, attempt: 1, nextAttemptAt: time(1), delayMs: 57_000 }],
  ["workflow.paused", time(0, 3), { ...pay, reason: "retry", resumeAt: time(1) }],
  ["workflow.resumed", time(1)],
  ["step.started", time(1), { ...pay, attempt: 2 }],
  ["step.completed", time(1, 2), { ...pay, attempt: 2, durationMs: 2000, cached: false }],
  ["sleep.started", time(1, 3), { durationMs: 3_600_000, resumeAt: time(59) }],
  ["workflow.paused", time(1, 3), { reason: "sleep" }],
  ["workflow.resumed", time(2)],
  ["sleep.completed", time(2), { durationMs: 57_000 }],
  // The run after a sleep tells again of the steps that were done.
  ["step.completed", time(2), { ...pay, attempt: 2, durationMs: 0, cached: true }],
  ["step.started", time(2), { stepName: "ship", attempt: 1 }],
  ["step.completed", time(3), { stepName: "ship", attempt: 1, durationMs: 60_000, cached: false }],
  ["workflow.completed", time(3), { completedSteps: ["pay", "ship"], durationMs: 179_000 }]
)

describe("a workflow", () => {
  onEachStore("is a plan, each of its steps a task with all its attempts", () =>
    Effect.gen(function*() {
      yield* tell(...run.toReversed())
      assert.deepStrictEqual(yield* plan("w"), {
        plan_id: "w",
        status: "completed",
        started_at: time(0, 1),
        completed_at: time(3),
        task_count: 2,
        completed_tasks: 2,
        failed_tasks: 0,
        current_state: "completed",
        trace_id: null,
        session_id: null,
        parent_plan_id: null,
        goal_event: "workflow.order",
        stalled: false
      })
      const known = { plan_id: "w", state: "completed" as const, agent_id: "order", stalled: false }
      assert.deepStrictEqual(yield* tasks("w"), [
        {
          ...known,
          task_id: "w:pay",
          event_type: "workflow.order.pay",
          started_at: time(0, 2),
          completed_at: time(1, 2),
          duration_seconds: 60,
          attempt: 2
        },
        {
          ...known,
          task_id: "w:ship",
          event_type: "workflow.order.ship",
          started_at: time(2),
          completed_at: time(3),
          duration_seconds: 60,
          attempt: 1
        }
      ])
      assert.strictEqual((yield* timeline("w")).length, run.length)
      assert.deepStrictEqual((yield* timeline("w")).filter(({ superseded }) => superseded), [])
      assert.deepInclude(yield* metrics("order"), { total_tasks: 2, completed_tasks: 2, avg_duration_seconds: 60 })
    }))

  onEachStore("shows at each moment what it waits for", () =>
    Effect.gen(function*() {
      yield* tell(...run.slice(0, 1))
      assert.deepInclude(yield* plan("w"), { status: "running", started_at: null, current_state: "queued" })
      yield* tell(...run.slice(1, 4))
      assert.deepInclude(yield* task("w", "w:pay"), { state: "waiting", message: "boom", attempt: 1 })
      yield* tell(...run.slice(4, 6))
      // Asked four minutes after the retry was due.
      assert.deepInclude(yield* plan("w"), {
        status: "paused",
        current_state: "paused",
        next_run_at: time(1),
        stalled: true
      })
      assert.deepInclude(yield* task("w", "w:pay"), {
        state: "waiting",
        message: `retry 2 at ${time(1)}`,
        attempt: 1,
        stalled: true
      })
      yield* tell(...run.slice(6, 8))
      assert.deepInclude(yield* plan("w"), { status: "running", current_state: "running", stalled: false })
      assert.notProperty(yield* plan("w"), "next_run_at")
      assert.deepInclude(yield* task("w", "w:pay"), { state: "running", attempt: 2, stalled: false })
      yield* tell(...run.slice(8, 10))
      assert.deepInclude(yield* plan("w"), { status: "running", current_state: "sleeping", next_run_at: time(59) })
      yield* tell(...run.slice(10, 11))
      assert.deepInclude(yield* plan("w"), { status: "paused", next_run_at: time(59), stalled: false })
      yield* tell(...run.slice(11, 13))
      assert.deepInclude(yield* plan("w"), { status: "running", current_state: "running" })
      assert.notProperty(yield* plan("w"), "next_run_at")
    }))

  for (
    const [status, type, fields, open] of [
      ["completed", "workflow.completed", {}, "running"],
      ["failed", "workflow.failed", boom, "cancelled"],
      ["cancelled", "workflow.cancelled", { reason: "no more" }, "cancelled"]
    ] as const
  ) {
    onEachStore(`ends at ${type}, and an open step then is ${open}`, () =>
      Effect.gen(function*() {
        yield* tell(...workflow(
          [type, time(2), fields],
          ["step.started", time(1), { ...pay, attempt: 1 }],
          ["workflow.started", time(0)],
          ["workflow.cancelled", time(3)]
        ))
        const found = yield* plan("w")
        assert.deepInclude(found, { status, completed_at: time(2), current_state: "cancelled" })
        assert.deepStrictEqual(found.error, status === "failed" ? boom.error : undefined)
        assert.strictEqual((yield* task("w", "w:pay"))?.state, open)
        assert.strictEqual((yield* timeline("w")).at(-1)?.superseded, status !== "cancelled")
      }))
  }

  onEachStore("fails a step for good, and is stalled when a timeout passes in silence", () =>
    Effect.gen(function*() {
      const timed = workflow(
        ["step.started", time(0), { stepName: "slow", attempt: 1 }],
        ["timeout.set", time(0), { stepName: "slow", deadline: time(2), timeoutMs: 120_000 }],
        ["timeout.exceeded", time(2), { stepName: "slow", timeoutMs: 120_000 }]
      )
      yield* tell(
        ...workflow(
          ["step.failed", time(1), { ...pay, ...boom, attempt: 3, willRetry: false }],
          ["retry.exhausted", time(2), { ...pay, attempts: 3 }],
          ["retry.exhausted", time(2), { stepName: "told by one event", attempts: 3, lastError: boom.error }]
        ),
        ...timed.slice(0, 2)
      )
      assert.deepInclude(yield* task("w", "w:pay"), { state: "failed", completed_at: time(1), attempt: 3, ...boom })
      assert.deepInclude(yield* task("w", "w:told by one event"), { state: "failed", ...boom })
      assert.deepInclude(yield* task("w", "w:slow"), { state: "running", stalled: true })
      yield* tell(...timed.slice(2))
      assert.deepInclude(yield* task("w", "w:slow"), { state: "running", stalled: false })
    }))

  onEachStore("belongs to the one that started it", () =>
    Effect.gen(function*() {
      yield* tell(...workflow(["workflow.started", time(0), { parentWorkflowId: "parent" }]))
      assert.strictEqual((yield* plan("w")).parent_plan_id, "parent")
    }))
})

describe("the form of an event", () => {
  onEachStore("decides what it says, not its name", () =>
    Effect.gen(function*() {
      const retry = ["retry.scheduled", time(1), { attempt: 2, retryAt: time(2), stepName: "pay" }] as const
      yield* tell(...workflow(retry), ...life("life", retry))
      assert.deepInclude(yield* task("w", "w:pay"), { message: `retry 3 at ${time(2)}` })
      assert.deepInclude(yield* task("life", "life:r1"), { message: `retry 2 at ${time(2)}` })
    }))

  onEachStore("keeps what a later workflow says, whatever its fields", () =>
    Effect.gen(function*() {
      yield* tell(...workflow(["workflow.started", time(0)]))
      yield* Effect.forEach([null, -1, 0.5, 1e300, "x".repeat(3000), [], {}], (value) =>
        Effect.gen(function*() {
          const answer = yield* tell(...workflow(
            ["workflow.renamed", time(1), { name: value }],
            ["workflow.paused", time(1), { resumeAt: value, parentWorkflowId: value }],
            ["workflow.resumed", time(1), { workflowName: value }],
            ["step.started", time(1), { ...pay, attempt: value, workflowName: value }],
            ["step.failed", time(2), { ...pay, attempt: value, error: value, willRetry: true }],
            ["retry.scheduled", time(2), { ...pay, attempt: value, nextAttemptAt: value }],
            ["timeout.set", time(2), { ...pay, deadline: value }],
            ["sleep.started", time(2), { resumeAt: value }]
          ))
          assert.deepStrictEqual([answer.accepted, answer.rejected], [8, []], JSON.stringify(value))
        }))
      assert.deepInclude(yield* plan("w"), { current_state: "sleeping", task_count: 1 })
      assert.notProperty(yield* plan("w"), "next_run_at")
      assert.deepInclude(yield* task("w", "w:pay"), { state: "waiting", message: "retry" })
    }))
})
