import { EventIds } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { AgentReporter } from "../../src/agent/AgentReporter.ts"
import { inResponseTo } from "../../src/agent/CurrentWork.ts"
import { Arrived, doors } from "./doors.ts"

const traceId = "0af7651916cd43dd8448eb211c80319c"

/** Ids `event-1`, `event-2` …, all at one instant, in one trace. */
const atTen = <A, E, R>(calls: Effect.Effect<A, E, R>) => {
  let count = 0
  return Effect.andThen(TestClock.setTime(Date.parse("2026-01-11T10:00:00Z")), calls).pipe(
    Effect.provideService(EventIds, { next: () => `event-${++count}` }),
    Effect.withParentSpan(Tracer.externalSpan({ spanId: "b7ad6b7169203331", traceId })),
    Effect.provide(TestClock.layer())
  )
}

/** Attributes that all have here. */
const base = { specversion: "1.0", time: "2026-01-11T10:00:00.000Z", trace_id: traceId }

describe.each(doors)("AgentReporter through %s", (_, layer) => {
  it.live("says of progress and of states what the tracker's own examples say", () =>
    Effect.gen(function*() {
      const { progress, stateChanged } = yield* AgentReporter
      yield* atTen(Effect.gen(function*() {
        yield* progress("task-123", 0.5, "Processing document 3 of 6", { plan_id: "plan-456" })
        yield* stateChanged("task-123", "pending", "running")
      }))
      const { take } = yield* Arrived
      assert.deepStrictEqual(yield* take("system-events", 2), [
        {
          ...base,
          id: "event-1",
          source: "worker",
          type: "task.progress",
          topic: "system-events",
          correlation_id: "task-123",
          data: {
            task_id: "task-123",
            plan_id: "plan-456",
            state: "running",
            progress: 0.5,
            message: "Processing document 3 of 6"
          }
        },
        {
          ...base,
          id: "event-2",
          source: "worker",
          type: "task.state_changed",
          topic: "system-events",
          correlation_id: "task-123",
          data: { task_id: "task-123", previous_state: "pending", new_state: "running" }
        }
      ])
    }).pipe(Effect.provide(layer("worker"))))

  it.live("carries plan, task, session and parent from what led to the work", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* atTen(Effect.gen(function*() {
        const goal = yield* agent.planStarted("plan-123", { session_id: "session-1", goal_event: "research.goal" })
        const request = yield* agent.requestAction("web.search.requested", { query: "whales", assigned_to: "searcher" })
          .pipe(inResponseTo(goal))
        yield* Effect.gen(function*() {
          yield* agent.stateChanged(request.correlation_id ?? "", "pending", "running")
          yield* agent.progress(request.correlation_id ?? "", 0.6)
          yield* agent.completeAction("web.search.completed", { success: true, result: { hits: 3 } })
        }).pipe(inResponseTo(request))
        yield* agent.planCompleted("plan-123", { result: "3 hits" }).pipe(inResponseTo(goal))
      }))
      const { take } = yield* Arrived
      const session = { ...base, session_id: "session-1", source: "agent" }
      assert.deepStrictEqual(yield* take("action-requests", 1), [{
        ...session,
        id: "event-2",
        type: "web.search.requested",
        topic: "action-requests",
        correlation_id: "event-2",
        parent_event_id: "event-1",
        data: { plan_id: "plan-123", query: "whales", assigned_to: "searcher" }
      }])
      assert.deepStrictEqual(yield* take("action-results", 1), [{
        ...session,
        id: "event-5",
        type: "web.search.completed",
        topic: "action-results",
        correlation_id: "event-2",
        parent_event_id: "event-2",
        plan_id: "plan-123",
        data: { success: true, result: { hits: 3 } }
      }])
      const ofTask = { ...session, topic: "system-events", correlation_id: "event-2", parent_event_id: "event-2" }
      assert.deepStrictEqual(yield* take("system-events", 4), [
        {
          ...base,
          source: "agent",
          id: "event-1",
          type: "plan.started",
          topic: "system-events",
          data: { plan_id: "plan-123", session_id: "session-1", goal_event: "research.goal" }
        },
        {
          ...ofTask,
          id: "event-3",
          type: "task.state_changed",
          data: { plan_id: "plan-123", task_id: "event-2", previous_state: "pending", new_state: "running" }
        },
        {
          ...ofTask,
          id: "event-4",
          type: "task.progress",
          data: { plan_id: "plan-123", task_id: "event-2", state: "running", progress: 0.6 }
        },
        {
          ...session,
          id: "event-6",
          type: "plan.completed",
          topic: "system-events",
          parent_event_id: "event-1",
          data: { plan_id: "plan-123", result: "3 hits" }
        }
      ])
    }).pipe(Effect.provide(layer("agent"))))

  it.live("splits a task over a group, whose requests and results say so", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* atTen(Effect.gen(function*() {
        const request = yield* agent.requestAction("summary.requested", { plan_id: "plan-1", action_id: "task-1" }, {
          taskId: "not-this"
        })
        const delegation = yield* agent.delegationStarted("group-1", "task-1", 2).pipe(inResponseTo(request))
        const part = yield* agent.requestAction("count.requested", {}, { taskId: "part-1" })
          .pipe(inResponseTo(delegation), inResponseTo(request))
        yield* agent.completeAction("count.failed", { success: false, error: "no words" }).pipe(inResponseTo(part))
        // A request that the part makes is no part of the group.
        yield* agent.requestAction("dictionary.requested").pipe(inResponseTo(part), inResponseTo(delegation))
      }))
      const { take } = yield* Arrived
      assert.deepStrictEqual(yield* take("system-events", 1), [{
        ...base,
        source: "agent",
        id: "event-2",
        type: "delegation.started",
        topic: "system-events",
        correlation_id: "task-1",
        parent_event_id: "event-1",
        data: { plan_id: "plan-1", group_id: "group-1", parent_task_id: "task-1", total_tasks: 2 }
      }])
      const request = { ...base, source: "agent", topic: "action-requests" }
      assert.deepStrictEqual(yield* take("action-requests", 3), [
        {
          ...request,
          id: "event-1",
          type: "summary.requested",
          correlation_id: "task-1",
          data: { plan_id: "plan-1", action_id: "task-1" }
        },
        {
          ...request,
          id: "event-3",
          type: "count.requested",
          correlation_id: "part-1",
          parent_event_id: "event-2",
          data: { plan_id: "plan-1", delegation_group_id: "group-1" }
        },
        {
          ...request,
          id: "event-5",
          type: "dictionary.requested",
          correlation_id: "event-5",
          parent_event_id: "event-3",
          data: { plan_id: "plan-1" }
        }
      ])
      assert.deepStrictEqual(yield* take("action-results", 1), [{
        ...base,
        source: "agent",
        id: "event-4",
        type: "count.failed",
        topic: "action-results",
        correlation_id: "part-1",
        parent_event_id: "event-3",
        plan_id: "plan-1",
        data: { delegation_group_id: "group-1", success: false, error: "no words" }
      }])
    }).pipe(Effect.provide(layer("agent"))))

  it.live("starts a plan from inside another one, and says how plans end", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* atTen(Effect.gen(function*() {
        const outer = yield* agent.planStarted("outer", { session_id: "session-1" })
        yield* Effect.gen(function*() {
          yield* agent.planStarted("inner")
          yield* agent.planStateChanged("inner", "analyzing")
          yield* agent.planFailed("inner", { error: "no data" })
          yield* agent.planCancelled("outer")
        }).pipe(inResponseTo(outer))
      }))
      const { take } = yield* Arrived
      const inside = {
        ...base,
        source: "agent",
        topic: "system-events",
        session_id: "session-1",
        parent_event_id: "event-1"
      }
      assert.deepStrictEqual((yield* take("system-events", 5)).slice(1), [
        {
          ...inside,
          id: "event-2",
          type: "plan.started",
          data: { plan_id: "inner", parent_plan_id: "outer", session_id: "session-1" }
        },
        {
          ...inside,
          id: "event-3",
          type: "plan.state_changed",
          data: { plan_id: "inner", current_state: "analyzing" }
        },
        { ...inside, id: "event-4", type: "plan.failed", data: { plan_id: "inner", error: "no data" } },
        { ...inside, id: "event-5", type: "plan.cancelled", data: { plan_id: "outer" } }
      ])
    }).pipe(Effect.provide(layer("agent"))))

  it.live("keeps the trace of the work, whatever span a report is made in", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      const ofAnother = yield* atTen(agent.requestAction("anything"))
      const result = yield* agent.completeAction("done").pipe(inResponseTo(ofAnother), Effect.withSpan("own"))
      assert.strictEqual(result.trace_id, traceId)
      const { take } = yield* Arrived
      assert.deepStrictEqual(yield* take("action-results", 1), [{ ...result }])
    }).pipe(Effect.provide(layer("agent"))))

  it.live("loses what does not fit its schema, and counts it", () =>
    Effect.gen(function*() {
      const agent = yield* AgentReporter
      yield* agent.progress("task-1", 1.5)
      yield* agent.requestAction("")
      yield* agent.progress("task-1", 1)
      yield* agent.flush
      assert.deepInclude(yield* agent.stats, { emitted: 3, delivered: 1, pending: 0, lost: { rejected: 2 } })
      const { take } = yield* Arrived
      assert.deepInclude((yield* take("system-events", 1))[0], {
        data: { task_id: "task-1", state: "running", progress: 1 }
      })
    }).pipe(Effect.provide(layer("agent"))))
})
