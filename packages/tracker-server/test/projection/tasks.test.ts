import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { envelope, metrics, onEachStore, plan, request, result, task, tasks, tell, time, timeline } from "./stores.ts"

const changed = (taskId: string, at: string, previous_state: string, new_state: string) =>
  envelope("task.state_changed", at, { task_id: taskId, plan_id: "p", previous_state, new_state })

describe("a task", () => {
  onEachStore("is pending from its request on, and ends with its result", () =>
    Effect.gen(function*() {
      yield* tell(request("t", time(1), { plan_id: "p", assigned_to: "researcher" }))
      assert.deepStrictEqual(yield* tasks("p"), [{
        task_id: "t",
        plan_id: "p",
        event_type: "web.search.requested",
        state: "pending",
        started_at: time(1),
        agent_id: "researcher",
        stalled: false
      }])
      yield* tell(result("t", time(2, 30), { result: 42 }))
      assert.deepStrictEqual(yield* tasks("p"), [{
        task_id: "t",
        plan_id: "p",
        event_type: "web.search.requested",
        state: "completed",
        started_at: time(1),
        completed_at: time(2, 30),
        duration_seconds: 90,
        agent_id: "worker",
        stalled: false
      }])
    }))

  for (
    const [name, data, attributes, state] of [
      ["success: false", { success: false }, {}, "failed"],
      ["success: false of the envelope", {}, { success: false }, "failed"],
      ["an error", { error: "boom" }, {}, "failed"],
      ["the status failed", { status: "failed" }, {}, "failed"],
      ["success: true, whatever the error", { success: true, error: "late" }, {}, "completed"],
      ["an empty error", { error: {} }, {}, "completed"],
      ["nothing said", {}, {}, "completed"]
    ] as const
  ) {
    onEachStore(`reads a result with ${name} as ${state}`, () =>
      Effect.gen(function*() {
        yield* tell(request("t", time(1), { plan_id: "p" }), result("t", time(2), data, attributes))
        assert.strictEqual((yield* task("p", "t"))?.state, state)
      }))
  }

  onEachStore("stays ended when something earlier or later says it goes on", () =>
    Effect.gen(function*() {
      yield* tell(
        result("t", time(2)),
        changed("t", time(3), "completed", "running"),
        envelope("task.progress", time(4), { task_id: "t", plan_id: "p", state: "waiting", progress: 0.9 })
      )
      const found = yield* task("p", "t")
      assert.deepInclude(found, { state: "completed", completed_at: time(2), progress: 0.9 })
    }))

  onEachStore("ends as its first end says, and the timeline marks who says otherwise", () =>
    Effect.gen(function*() {
      yield* tell(
        result("t", time(3), { error: "boom" }, { source: "second" }),
        result("t", time(2), { result: 1 }, { source: "first" }),
        changed("t", time(4), "running", "completed"),
        request("t", time(1), { plan_id: "p" })
      )
      assert.deepInclude(yield* task("p", "t"), { state: "completed", completed_at: time(2), agent_id: "first" })
      assert.isUndefined((yield* task("p", "t"))?.error)
      assert.deepStrictEqual(
        (yield* timeline("p")).map(({ superseded, timestamp }) => [timestamp, superseded]),
        [[time(1), false], [time(2), false], [time(3), true], [time(4), false]]
      )
    }))

  onEachStore(
    "failed rather than cancelled or completed when all are said of one instant",
    () =>
      Effect.gen(function*() {
        yield* tell(
          changed("t", time(1), "running", "completed"),
          changed("t", time(1), "running", "failed"),
          changed("t", time(1), "running", "cancelled")
        )
        assert.strictEqual((yield* task("p", "t"))?.state, "failed")
        yield* tell(changed("u", time(1), "running", "completed"), changed("u", time(1), "running", "cancelled"))
        assert.strictEqual((yield* task("p", "u"))?.state, "cancelled")
      })
  )

  onEachStore(
    "waits rather than runs when both are said of one instant, and pending beats nothing",
    () =>
      Effect.gen(function*() {
        yield* tell(
          changed("t", time(1), "pending", "waiting"),
          changed("t", time(1), "pending", "running"),
          changed("t", time(2), "running", "pending")
        )
        assert.strictEqual((yield* task("p", "t"))?.state, "waiting")
      })
  )

  onEachStore("keeps a duration of 0 when its end was seen before its start", () =>
    Effect.gen(function*() {
      yield* tell(request("t", time(2), { plan_id: "p" }), result("t", time(1)))
      assert.deepInclude(yield* task("p", "t"), {
        state: "completed",
        started_at: time(2),
        completed_at: time(1),
        duration_seconds: 0
      })
    }))

  onEachStore("is delegated when it was split", () =>
    Effect.gen(function*() {
      yield* tell(
        request("t", time(1), { plan_id: "p" }),
        envelope("delegation.started", time(2), { group_id: "g", parent_task_id: "t", plan_id: "p", total_tasks: 3 })
      )
      assert.strictEqual((yield* task("p", "t"))?.state, "delegated")
    }))

  onEachStore("is stalled a minute after its deadline, while it is open", () =>
    Effect.gen(function*() {
      yield* tell(
        request("late", time(1), { plan_id: "p", deadline: time(3) }),
        request("in-grace", time(1), { plan_id: "p", deadline: time(4, 30) }),
        request("done", time(1), { plan_id: "p", deadline: time(3) }),
        result("done", time(2))
      )
      assert.deepStrictEqual(
        (yield* tasks("p")).map(({ stalled, task_id }) => [task_id, stalled]),
        [["done", false], ["in-grace", false], ["late", true]]
      )
      assert.isTrue((yield* plan("p")).stalled)
    }))
})

describe("a stray result", () => {
  onEachStore("enters a plan only when a request, progress or transition names it", () =>
    Effect.gen(function*() {
      yield* tell(result("t", time(2), { plan_id: "p" }, { plan_id: "p", source: "agent" }))
      assert.strictEqual((yield* Effect.flip(plan("p")))._tag, "NotFound")
      assert.strictEqual((yield* metrics("agent")).total_tasks, 0)
      yield* tell(request("t", time(1), { plan_id: "p" }))
      assert.deepInclude(yield* plan("p"), { task_count: 1, completed_tasks: 1 })
      assert.strictEqual((yield* timeline("p")).length, 2)
      assert.deepInclude(yield* metrics("agent"), { total_tasks: 1, avg_duration_seconds: 60 })
    }))
})
