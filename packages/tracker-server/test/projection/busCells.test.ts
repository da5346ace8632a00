import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { envelope, metrics, onEachStore, plan, request, result, task, tell, time } from "./stores.ts"

const progress = (at: string, data: object = {}, attributes: object = {}) =>
  envelope("task.progress", at, { task_id: "t", plan_id: "p", state: "running", ...data }, attributes)
const said = (type: string, at: string, data: object = {}) => envelope(`plan.${type}`, at, { plan_id: "p", ...data })
const changed = (at: string, new_state: string, attributes: object = {}) =>
  envelope("task.state_changed", at, { task_id: "t", plan_id: "p", previous_state: "pending", new_state }, attributes)

describe("a request", () => {
  onEachStore("starts its task at the earliest time that it was asked for", () =>
    Effect.gen(function*() {
      yield* tell(request("t", time(2), { plan_id: "p" }), request("t", time(1), { plan_id: "p" }))
      assert.deepInclude(yield* task("p", "t"), { started_at: time(1), state: "pending" })
      assert.strictEqual((yield* plan("p")).task_count, 1)
    }))

  onEachStore("hints at the agent, until whoever works says its own name", () =>
    Effect.gen(function*() {
      yield* tell(request("t", time(9), { plan_id: "p", assigned_to: "hinted" }, { source: "asking" }))
      assert.strictEqual((yield* task("p", "t"))?.agent_id, "hinted")
      yield* tell(progress(time(1), {}, { source: "working" }))
      assert.strictEqual((yield* task("p", "t"))?.agent_id, "working")
    }))

  onEachStore("gives its task a type, which a report had to do without", () =>
    Effect.gen(function*() {
      yield* tell(progress(time(1)))
      assert.strictEqual((yield* task("p", "t"))?.event_type, "task.progress")
      yield* tell(request("t", time(2), { plan_id: "p" }))
      assert.strictEqual((yield* task("p", "t"))?.event_type, "web.search.requested")
    }))
})

describe("a report of progress", () => {
  onEachStore("gives the latest progress and message, each its own", () =>
    Effect.gen(function*() {
      yield* tell(progress(time(3), { progress: 0.7 }), progress(time(2), { message: "half", progress: 0.5 }))
      yield* tell(progress(time(1), { message: "begun", progress: 0.1 }))
      assert.deepInclude(yield* task("p", "t"), { progress: 0.7, message: "half" })
    }))

  onEachStore("starts its task unless it says that it is pending", () =>
    Effect.gen(function*() {
      yield* tell(progress(time(1), { state: "pending" }))
      assert.deepInclude(yield* task("p", "t"), { started_at: null, state: "pending" })
      yield* tell(progress(time(2), { state: "waiting" }))
      assert.deepInclude(yield* task("p", "t"), { started_at: time(2), state: "waiting" })
    }))

  onEachStore("gives its task to the last who reports", () =>
    Effect.gen(function*() {
      yield* tell(progress(time(2), {}, { source: "last" }), progress(time(1), {}, { source: "first" }))
      assert.strictEqual((yield* task("p", "t"))?.agent_id, "last")
    }))
})

describe("a change of state", () => {
  onEachStore("gives its task to whoever says it, also in metrics", () =>
    Effect.gen(function*() {
      yield* tell(changed(time(1), "running", { source: "agent" }))
      assert.strictEqual((yield* task("p", "t"))?.agent_id, "agent")
      assert.strictEqual((yield* metrics("agent")).total_tasks, 1)
      yield* tell(request("t", time(2), { plan_id: "p", assigned_to: "hinted" }))
      assert.strictEqual((yield* task("p", "t"))?.agent_id, "agent")
      yield* tell(result("t", time(3), {}, { source: "finisher" }), changed(time(4), "waiting", { source: "late" }))
      assert.strictEqual((yield* task("p", "t"))?.agent_id, "finisher")
    }))

  onEachStore("starts its task only when it runs", () =>
    Effect.gen(function*() {
      yield* tell(changed(time(1), "waiting"))
      assert.deepInclude(yield* task("p", "t"), { state: "waiting", started_at: null })
      yield* tell(changed(time(2), "running"))
      assert.deepInclude(yield* task("p", "t"), { state: "running", started_at: time(2) })
    }))
})

describe("a result", () => {
  onEachStore("ends its task with its error, and starts nothing", () =>
    Effect.gen(function*() {
      yield* tell(changed(time(1), "waiting"), result("t", time(2), { error: { message: "boom" } }))
      assert.deepInclude(yield* task("p", "t"), { state: "failed", completed_at: time(2), started_at: null })
      assert.deepStrictEqual((yield* task("p", "t"))?.error, { message: "boom" })
    }))
})

describe("a plan's own events", () => {
  onEachStore("start it at the earliest time, and add no task that nobody has named", () =>
    Effect.gen(function*() {
      yield* tell(said("started", time(2), { total_tasks: 7 }), said("started", time(1)))
      assert.deepInclude(yield* plan("p"), { started_at: time(1), task_count: 0, status: "running" })
    }))

  onEachStore("say where it is, the latest word standing", () =>
    Effect.gen(function*() {
      yield* tell(
        said("state_changed", time(3), { new_state: "writing" }),
        said("state_changed", time(2), { current_state: "reading" })
      )
      assert.deepInclude(yield* plan("p"), { current_state: "writing", started_at: null })
    }))

  for (const status of ["completed", "failed", "cancelled"] as const) {
    onEachStore(`end it as ${status}, whatever starts or goes on later`, () =>
      Effect.gen(function*() {
        yield* tell(said(status, time(2)), said("started", time(3)), said("state_changed", time(4), { new_state: "x" }))
        assert.deepInclude(yield* plan("p"), { status, completed_at: time(2), started_at: time(3) })
      }))
  }
})
