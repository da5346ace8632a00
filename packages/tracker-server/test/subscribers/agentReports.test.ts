import { AgentReporter, EventBus, inResponseTo, taskIdOf } from "@durable-effect/bus"
import { EventIds, HttpBatchTrackerLayer } from "@durable-effect/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Tracer } from "effect"
import { TestClock } from "effect/testing"
import { busServer, untilCounted } from "./BusServer.ts"

/** What agents do, in the tracker's own example: a plan, a task with progress, one that is delegated and fails. */
const work = Effect.fnUntraced(function*(planId: string) {
  const agent = yield* AgentReporter
  const plan = yield* agent.planStarted(planId, { session_id: "session-1", goal_event: "research.goal" })
  const search = yield* agent.requestAction("web.search.requested", {}, { taskId: `${planId}-search` })
    .pipe(inResponseTo(plan))
  yield* TestClock.adjust("30 seconds")
  yield* Effect.gen(function*() {
    yield* agent.stateChanged(taskIdOf(search), "pending", "running")
    yield* agent.progress(taskIdOf(search), 0.5, "Processing document 3 of 6")
    const delegation = yield* agent.delegationStarted(`${planId}-group`, taskIdOf(search), 1)
    yield* TestClock.adjust("30 seconds")
    const part = yield* agent.requestAction("page.read.requested", {}, { taskId: `${planId}-part` })
      .pipe(inResponseTo(delegation))
    yield* agent.completeAction("page.read.failed", { success: false, error: "gone" }).pipe(inResponseTo(part))
    yield* TestClock.adjust("30 seconds")
    yield* agent.completeAction("web.search.completed", { success: true, result: { hits: 3 } })
  }).pipe(inResponseTo(search))
  yield* agent.planCompleted(planId).pipe(inResponseTo(plan))
})

/** The same work at the same instants, its plan and all ids named after its door. */
const reportedAs = Effect.fnUntraced(function*(door: string) {
  let count = 0
  yield* Effect.andThen(TestClock.setTime(Date.parse("2026-01-11T10:00:00Z")), work(door)).pipe(
    Effect.provideService(EventIds, { next: () => `${door}-event-${++count}` }),
    Effect.withParentSpan(Tracer.externalSpan({ spanId: "b7ad6b7169203331", traceId: `${door}-trace` })),
    Effect.provide(TestClock.layer())
  )
  const { flush, stats } = yield* AgentReporter
  yield* flush
  return yield* stats
})

const questions = (door: string) => [
  `/plans/${door}`,
  `/plans/${door}/tasks`,
  `/plans/${door}/timeline`,
  `/tasks/${door}-search`,
  `/tasks/${door}-part/explain`,
  `/delegation-groups/${door}-group`
]

describe("reports of agents", () => {
  it.live("get the same answers over the bus and over HTTP", () =>
    Effect.gen(function*() {
      const { ask, bus, secret, sql, url } = yield* busServer()
      const overHttp = HttpBatchTrackerLayer({
        endpoint: `${url}/v1/events`,
        env: "test",
        serviceKey: "agents",
        headers: { authorization: Redacted.make(`Bearer ${secret}`) }
      })
      const told = yield* reportedAs("bus").pipe(
        Effect.provide(Layer.provide(AgentReporter.layerBus("agent"), Layer.succeed(EventBus, bus)))
      )
      const sent = yield* reportedAs("http").pipe(
        Effect.provide(Layer.provide(AgentReporter.layer("agent"), overHttp))
      )
      const reports = { emitted: 9, delivered: 9, pending: 0, lost: {} }
      assert.deepInclude(told, reports)
      assert.deepInclude(sent, reports)
      yield* untilCounted(sql, "event_timeline", 18)

      const answersOf = (door: string) =>
        Effect.map(Effect.forEach(questions(door), ask), (answers) =>
          answers.map(({ status, text }) => ({
            status,
            answer: JSON.parse(
              text.replaceAll(new RegExp(`\\b${door}(?=["-])`, "g"), "door")
                .replaceAll(/"received_at":"[^"]*"/g, "\"received_at\":\"\"")
            )
          })))
      const answers = yield* answersOf("bus")
      assert.deepStrictEqual(answers, yield* answersOf("http"))
      assert.deepStrictEqual(answers.map(({ status }) => status), [200, 200, 200, 200, 200, 200])
      assert.deepInclude(answers[0]?.answer, {
        plan_id: "door",
        status: "completed",
        task_count: 2,
        completed_tasks: 1,
        failed_tasks: 1,
        session_id: "session-1",
        trace_id: "door-trace"
      })
    }))
})
