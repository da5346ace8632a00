import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { life, onEachStore, plan, task, tasks, tell, time } from "./stores.ts"

const boom = { error: { name: "Error", message: "boom" } }
const created = ["job.created", time(0)] as const
const item = { executionId: "life:i1", itemId: "1" }

/** The current state after an event; null where the event leaves it as it was. */
const currentStates = [
  ["created", "job.created", {}],
  ["running", "execution.started", { attempt: 1, handler: "execute" }],
  ["idle", "execution.succeeded", { attempt: 1, durationMs: 5 }],
  ["retrying", "execution.failed", { ...boom, attempt: 1, willRetry: true }],
  ["retrying", "retry.scheduled", { ...boom, attempt: 2, retryAt: time(9) }],
  ["scheduled", "alarm.scheduled", { kind: "schedule", scheduledFor: time(9) }],
  ["processing", "task.event.received", { eventCount: 1 }],
  ["idle", "task.idle", { idleReason: "onEvent" }],
  ["collecting", "debounce.event.added", { eventCount: 1 }],
  ["flushing", "debounce.flush.triggered", { eventCount: 1, reason: "timeout" }],
  ["completed", "job.completed", { reason: "drained" }],
  ["failed", "job.failed", { ...boom, attempt: 1, willRetry: false }],
  ["terminated", "job.terminated", { by: "client" }],
  [null, "job.started", {}],
  [null, "execution.failed", { ...boom, attempt: 1, willRetry: false }],
  [null, "alarm.fired", { kind: "schedule", scheduledFor: time(1) }],
  [null, "alarm.cancelled", { kind: "schedule", scheduledFor: time(1) }],
  [null, "retry.attempted", { attempt: 2 }],
  [null, "retry.exhausted", { attempts: 2, lastError: boom.error }],
  [null, "task.event.processed", { eventCount: 1, ok: true }],
  [null, "debounce.cleared", { discardedEvents: 1 }],
  [null, "pool.paused", {}]
] as const

describe("a life's current state", () => {
  onEachStore(
    "is what its last event says, of those that say it",
    () =>
      Effect.forEach(currentStates, ([state, type, fields], i) =>
        Effect.gen(function*() {
          const [before, now] = life(
            `life-${i}`,
            ["debounce.event.added", time(0), { eventCount: 1 }],
            [type, time(0), fields]
          )
          yield* tell(now, before)
          assert.strictEqual((yield* plan(`life-${i}`)).current_state, state ?? "collecting", JSON.stringify(now))
        }))
  )
})

describe("a life", () => {
  onEachStore(
    "starts with the earlier of its first two events, in its instance and its parent's life",
    () =>
      Effect.gen(function*() {
        const parent = { parentIncarnationId: "parent-life" }
        yield* tell(...life("life", ["job.created", time(2), parent], ["job.started", time(1), parent]))
        assert.deepInclude(yield* plan("life"), {
          started_at: time(1),
          session_id: "continuous:audit:1",
          goal_event: "continuous.audit",
          parent_plan_id: "parent-life"
        })
      })
  )

  onEachStore("is known without a start, which only its start can give", () =>
    Effect.gen(function*() {
      yield* tell(...life("life", ["alarm.scheduled", time(1), { kind: "schedule", scheduledFor: time(9) }]))
      assert.deepInclude(yield* plan("life"), { started_at: null, next_run_at: time(9), task_count: 0 })
    }))

  onEachStore(
    "runs next at what its last alarm event says, by sequence whatever the times",
    () =>
      Effect.gen(function*() {
        const [first, fired, second, cancelled] = life(
          "life",
          ["alarm.scheduled", time(3), { kind: "schedule", scheduledFor: time(8) }],
          ["alarm.fired", time(2), { kind: "schedule", scheduledFor: time(8) }],
          ["alarm.scheduled", time(1), { kind: "schedule", scheduledFor: time(9) }],
          ["alarm.cancelled", time(0), { kind: "schedule", scheduledFor: time(9), executionId: "life:r1" }]
        )
        yield* tell(first)
        assert.strictEqual((yield* plan("life")).next_run_at, time(8))
        yield* tell(fired)
        assert.notProperty(yield* plan("life"), "next_run_at")
        yield* tell(second)
        assert.strictEqual((yield* plan("life")).next_run_at, time(9))
        yield* tell(cancelled)
        assert.notProperty(yield* plan("life"), "next_run_at")
        // Only a retry's alarm is an execution's own.
        assert.deepStrictEqual(yield* tasks("life"), [])
      })
  )

  onEachStore("shows what a debounce has collected, until it is cleared", () =>
    Effect.gen(function*() {
      const [added, flushed, silent, cleared] = life(
        "life",
        ["debounce.event.added", time(0), { eventCount: 1 }],
        ["debounce.flush.triggered", time(0), { eventCount: 3, reason: "manual" }],
        ["debounce.event.added", time(0)],
        ["debounce.cleared", time(0), { discardedEvents: 3 }]
      )
      yield* tell(flushed, added)
      assert.strictEqual((yield* plan("life")).progress, 3)
      yield* tell(silent)
      assert.strictEqual((yield* plan("life")).progress, 3)
      yield* tell(cleared)
      assert.strictEqual((yield* plan("life")).progress, 0)
    }))

  for (
    const [status, type, fields] of [
      ["completed", "job.completed", { reason: "drained" }],
      ["failed", "job.failed", { ...boom, attempt: 1, willRetry: false }],
      ["cancelled", "job.terminated", { by: "client" }]
    ] as const
  ) {
    onEachStore(
      `ends as ${status} at ${type}, and what it leaves open ${status === "completed" ? "stays" : "is cancelled"}`,
      () =>
        Effect.gen(function*() {
          const [...events] = life(
            "life",
            created,
            ["execution.started", time(1), { attempt: 1, handler: "execute" }],
            [type, time(2), fields],
            ["job.terminated", time(3), { by: "discard" }],
            ["job.completed", time(3), { reason: "drained" }]
          )
          yield* tell(...events.toReversed())
          assert.deepInclude(yield* plan("life"), { status, completed_at: time(2) })
          assert.deepInclude(
            yield* task("life", "life:r1"),
            status === "completed" ? { state: "running" } : { state: "cancelled", completed_at: time(2) }
          )
        })
    )
  }
})

describe("an execution", () => {
  onEachStore(
    "starts with its first attempt and counts them, in whatever order they come",
    () =>
      Effect.gen(function*() {
        const [first, failed, attempted] = life(
          "life",
          ["execution.started", time(1), { attempt: 1, handler: "execute" }],
          ["execution.failed", time(2), { ...boom, attempt: 1, willRetry: true }],
          ["retry.attempted", time(3), { attempt: 2 }]
        )
        yield* tell(attempted)
        assert.deepInclude(yield* task("life", "life:r1"), { state: "running", attempt: 2, started_at: time(3) })
        yield* tell(failed, first)
        assert.deepInclude(yield* task("life", "life:r1"), { state: "running", attempt: 2, started_at: time(1) })
      })
  )

  onEachStore("ends at success, with the time that all its attempts took", () =>
    Effect.gen(function*() {
      yield* tell(...life(
        "life",
        ["execution.started", time(1), { attempt: 1, handler: "execute" }],
        ["execution.succeeded", time(3), { attempt: 1, durationMs: 120_000 }]
      ))
      assert.deepInclude(yield* task("life", "life:r1"), { state: "completed", duration_seconds: 120 })
    }))

  for (
    const [type, fields] of [
      ["execution.failed", { ...boom, attempt: 1, willRetry: false }],
      ["retry.exhausted", { attempts: 3, lastError: boom.error }]
    ] as const
  ) {
    onEachStore(`fails at ${type}`, () =>
      Effect.gen(function*() {
        yield* tell(...life("life", created, [type, time(1), fields]))
        assert.deepInclude(yield* task("life", "life:r1"), { state: "failed", completed_at: time(1) })
        assert.deepStrictEqual((yield* task("life", "life:r1"))?.error, boom.error)
      }))
  }

  onEachStore(
    "of a pool's item is pending from the queue on, and cancelled when it is taken out",
    () =>
      Effect.gen(function*() {
        const [queued, removed] = life(
          "life",
          ["pool.item.enqueued", time(1), item],
          ["pool.item.cancelled", time(2), item]
        )
        yield* tell(queued)
        assert.deepInclude(yield* task("life", "life:i1"), { state: "pending", started_at: null, agent_id: "audit" })
        yield* tell(removed)
        assert.deepInclude(yield* task("life", "life:i1"), { state: "cancelled", completed_at: time(2) })
      })
  )
})
