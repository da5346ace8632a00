import { MemoryEventBus } from "@durable-effect/bus"
import { assert, describe, it } from "@effect/vitest"
import { Layer } from "effect"
// #region use
import { AgentReporter, decodeTaskEvent, EventBus, inResponseTo, taskIdOf } from "@durable-effect/bus"
import { Effect, Option } from "effect"

const planner = Effect.gen(function*() {
  const { planStarted, requestAction } = yield* AgentReporter
  const plan = yield* planStarted("plan-123", { goal_event: "research.goal" })
  return yield* requestAction("web.search.requested", { query: "whales" }).pipe(inResponseTo(plan))
})

const worker = Effect.gen(function*() {
  const { completeAction, flush, progress } = yield* AgentReporter
  const { subscribe } = yield* EventBus
  const { take } = yield* subscribe("action-requests", "searcher")
  const [delivery] = yield* take({ count: 1, bytes: 1_000_000 })
  const request = Option.getOrUndefined(decodeTaskEvent(delivery))
  if (request?.topic !== "action-requests") return yield* delivery.reject
  // Plan, task, parent and trace of what is reported in here are the request's.
  yield* Effect.gen(function*() {
    yield* progress(taskIdOf(request), 0.5, "Processing document 3 of 6")
    yield* completeAction("web.search.completed", { success: true, result: { hits: 3 } })
  }).pipe(inResponseTo(request))
  yield* flush
  yield* delivery.acknowledge
})

const program = Effect.gen(function*() {
  yield* Effect.provide(planner, AgentReporter.layerBus("planner"))
  yield* Effect.provide(Effect.scoped(worker), AgentReporter.layerBus("searcher"))
}).pipe(Effect.withSpan("research"))
// #endregion

const results = Effect.gen(function*() {
  const { subscribe } = yield* EventBus
  const { take } = yield* subscribe("action-results", "test")
  const [delivery] = yield* take({ count: 1, bytes: 1_000_000 })
  return Option.getOrThrow(decodeTaskEvent(delivery))
})

describe("the README's agents", () => {
  it.live("plan and search", () =>
    Effect.gen(function*() {
      yield* program
      const result = yield* Effect.scoped(results)
      assert.deepInclude(result, { type: "web.search.completed", source: "searcher", plan_id: "plan-123" })
      assert.strictEqual(result.parent_event_id, result.correlation_id)
    }).pipe(Effect.provide(Layer.fresh(MemoryEventBus.layer))))
})
