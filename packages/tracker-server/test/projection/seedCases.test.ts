import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { envelope, onEachStore, plan, task, tell, time } from "./stores.ts"

describe("the tracker", () => {
  onEachStore("records progress events", () =>
    Effect.gen(function*() {
      const event = envelope("task.progress", time(0), {
        task_id: "task-123",
        plan_id: "plan-123",
        state: "running",
        progress: 0.5,
        message: "Half done"
      })

      yield* tell(event)

      const recorded = yield* task("plan-123", "task-123")
      assert.strictEqual(recorded?.progress, 0.5)
      assert.strictEqual(recorded?.state, "running")
      assert.strictEqual(recorded?.message, "Half done")
      assert.strictEqual(recorded?.started_at, time(0))
    }))

  onEachStore("answers how far a plan is", () =>
    Effect.gen(function*() {
      yield* tell(
        envelope("task.progress", time(0), { task_id: "task-1", plan_id: "plan-123", state: "completed" }),
        envelope("task.progress", time(0), { task_id: "task-2", plan_id: "plan-123", state: "running" })
      )

      const response = yield* plan("plan-123")

      assert.strictEqual(response.task_count, 2)
      assert.strictEqual(response.completed_tasks, 1)
    }))
})
