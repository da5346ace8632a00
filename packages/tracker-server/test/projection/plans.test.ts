import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { answerTimeline } from "../../src/query/answerTimeline.ts"
import { ingest } from "../support/ingest.ts"
import { envelope, metrics, onEachStore, plan, request, result, task, tell, tenant, time, timeline } from "./stores.ts"

const planEvent = (type: string, at: string, data: object = {}, attributes: object = {}) =>
  envelope(`plan.${type}`, at, { plan_id: "p", ...data }, attributes)

describe("a plan", () => {
  onEachStore("is running as soon as a task names it, and starts with its first task", () =>
    Effect.gen(function*() {
      yield* tell(request("t", time(2), { plan_id: "p" }, { trace_id: "later" }))
      yield* tell(request("u", time(1), { plan_id: "p" }, { trace_id: "first" }))
      assert.deepStrictEqual(yield* plan("p"), {
        plan_id: "p",
        status: "running",
        started_at: time(1),
        task_count: 2,
        completed_tasks: 0,
        failed_tasks: 0,
        current_state: null,
        trace_id: "first",
        session_id: null,
        parent_plan_id: null,
        goal_event: null,
        stalled: false
      })
    }))

  onEachStore("knows from its start where it comes from", () =>
    Effect.gen(function*() {
      yield* tell(
        request("t", time(1), { plan_id: "p" }, { trace_id: "of-a-task" }),
        planEvent("started", time(2), {
          parent_plan_id: "parent",
          session_id: "session",
          goal_event: "research.goal",
          current_state: "searching"
        }, { trace_id: "own" }),
        planEvent("state_changed", time(3), { new_state: "analyzing" })
      )
      assert.deepInclude(yield* plan("p"), {
        started_at: time(2),
        trace_id: "own",
        session_id: "session",
        parent_plan_id: "parent",
        goal_event: "research.goal",
        current_state: "analyzing"
      })
    }))

  onEachStore("ends as its first end says, also when its start comes later", () =>
    Effect.gen(function*() {
      yield* tell(
        planEvent("completed", time(4)),
        planEvent("failed", time(3), { error: { message: "no answer" } }),
        planEvent("started", time(5))
      )
      assert.deepInclude(yield* plan("p"), { status: "failed", completed_at: time(3) })
      assert.deepStrictEqual((yield* plan("p")).error, { message: "no answer" })
      assert.deepStrictEqual(
        (yield* timeline("p")).map(({ event_type, superseded }) => [event_type, superseded]),
        [["plan.failed", false], ["plan.completed", true], ["plan.started", false]]
      )
    }))

  onEachStore("takes what its failure leaves open as cancelled then, also in metrics", () =>
    Effect.gen(function*() {
      yield* tell(
        request("open", time(1), { plan_id: "p", assigned_to: "worker" }),
        request("done", time(1), { plan_id: "p" }),
        result("done", time(2)),
        planEvent("failed", time(3))
      )
      assert.deepInclude(yield* task("p", "open"), {
        state: "cancelled",
        completed_at: time(3),
        duration_seconds: 120,
        stalled: false
      })
      assert.deepInclude(yield* metrics("worker"), {
        total_tasks: 2,
        completed_tasks: 1,
        cancelled_tasks: 1,
        running_tasks: 0,
        success_rate: 0.5
      })
    }))

  onEachStore("leaves open what it completes around", () =>
    Effect.gen(function*() {
      yield* tell(request("open", time(1), { plan_id: "p" }), planEvent("completed", time(3)))
      assert.strictEqual((yield* task("p", "open"))?.state, "pending")
    }))

  onEachStore("is not made by events that nobody knows, though its timeline has them", () =>
    Effect.gen(function*() {
      yield* tell(envelope("plan.renamed", time(1), { plan_id: "p", name: "x" }))
      assert.strictEqual((yield* Effect.flip(plan("p")))._tag, "NotFound")
      yield* tell(planEvent("started", time(2)))
      assert.deepStrictEqual((yield* timeline("p")).map(({ data, event_type }) => [event_type, data]), [
        ["plan.renamed", { plan_id: "p", name: "x" }],
        ["plan.started", { plan_id: "p" }]
      ])
    }))
})

describe("a plan's timeline", () => {
  onEachStore("has what carries its trace and names neither plan nor task", () =>
    Effect.gen(function*() {
      const trace = { trace_id: "trace" }
      yield* tell(
        envelope("research.goal", time(0), {}, { topic: "business-facts", ...trace }),
        envelope("elsewhere", time(0), {}, { topic: "business-facts", trace_id: "other" }),
        envelope("task.progress", time(2), { task_id: "of-another", plan_id: "q", state: "running" }, trace),
        request("t", time(1), { plan_id: "p" }, trace),
        result("t", time(3))
      )
      assert.deepStrictEqual(
        (yield* timeline("p")).map(({ event_type }) => event_type),
        ["research.goal", "web.search.requested", "web.search.completed"]
      )
    }))

  onEachStore("shows the request's trace where no event has one, and never goes by it", () =>
    Effect.gen(function*() {
      yield* ingest(tenant, [planEvent("started", time(1)), envelope("other", time(1), {}, { trace_id: "r" })], {
        requestTraceId: "r"
      })
      const answer = yield* answerTimeline(tenant, "p", {})
      assert.strictEqual(answer.trace_id, "r")
      assert.deepStrictEqual(answer.events.map(({ event_type }) => event_type), ["plan.started"])
      yield* tell(planEvent("state_changed", time(2), {}, { trace_id: "own" }))
      assert.strictEqual((yield* plan("p")).trace_id, "own")
    }))
})
