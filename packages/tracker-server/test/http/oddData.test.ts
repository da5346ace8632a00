import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { clientOf } from "./ingestServer.ts"
import { testServer } from "./server.ts"

const time = "2026-01-11T10:00:00.000001Z"
const envelope = (id: string, fields: object) => ({ id, time, type: "work", topic: "system-events", ...fields })

class Asked extends Context.Service<Asked, ReturnType<typeof clientOf>>()("Asked") {}

const server = Layer.effect(
  Asked,
  Effect.gen(function*() {
    const { makeKey, url } = yield* testServer()
    const { secret } = yield* makeKey("acme", "ingest", "query")
    return clientOf(url, secret)
  })
)

const json = (path: string) =>
  Effect.gen(function*() {
    const answer = yield* (yield* Asked).ask(path)
    assert.strictEqual(answer.status, 200, answer.text)
    return JSON.parse(answer.text)
  })
const statusOf = (path: string) => Effect.flatMap(Asked, ({ ask }) => Effect.map(ask(path), ({ status }) => status))

const send = (...events: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const answer = yield* (yield* Asked).send(JSON.stringify({ events }))
    assert.deepStrictEqual(JSON.parse(answer.text), { accepted: events.length, duplicates: 0, rejected: [] })
  })

/** Sorts as the number does. */
const idOf = (n: number) => `e-${String(n).padStart(5, "0")}`

const asked = (id: string, data: object) =>
  envelope(id, { topic: "action-requests", correlation_id: `of-${id}`, data: { assigned_to: "loner", ...data } })

const listed = (id: string, second: number) => ({
  ...envelope(`list-${id}-${second}`, {
    topic: "action-requests",
    correlation_id: id,
    data: { plan_id: "list" }
  }),
  time: `2026-01-11T10:00:${second}Z`
})

layer(server, { excludeTestServices: true })("questions about", (it) => {
  it.effect(
    "10,000 events of one instant, each the child of another, are answered page by page",
    () =>
      Effect.gen(function*() {
        const count = 10_000
        // In a circle: the first is the child of the last. Children come in before their parents.
        const events = Array.from(
          { length: count },
          (_, n) => envelope(idOf(n), { parent_event_id: idOf((n + count - 1) % count), data: { plan_id: "instant" } })
        )
        yield* send(...events.toReversed())
        const start = envelope("start", { type: "plan.started", data: { plan_id: "instant" } })
        yield* send({ ...start, time: "2026-01-11T09:00:00Z" })
        const found: Array<string> = []
        for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page++) {
          const { events, next_cursor } = yield* json(
            `/plans/instant/timeline?limit=500${cursor === undefined ? "" : `&cursor=${cursor}`}`
          )
          found.push(...events.map(({ event_id }: { event_id: string }) => event_id))
          assert.isAtMost(page, 21)
          cursor = next_cursor
        }
        // The circle is broken at the smallest; from there on a parent stands before its child.
        assert.deepStrictEqual(found.filter((id) => id !== "start"), Array.from({ length: count }, (_, n) => idOf(n)))
        assert.lengthOf(found, count + 1)
      }),
    60_000
  )

  it.effect("a result of which nobody asked, until somebody has", () =>
    Effect.gen(function*() {
      const result = { topic: "action-results", correlation_id: "orphan", source: "orphan-agent" }
      yield* send(envelope("orphan-result", { ...result, data: { plan_id: "orphan-plan", success: true } }))
      for (const rest of ["", "/tasks", "/timeline", "/sub-plans", "/hierarchy"]) {
        assert.strictEqual(yield* statusOf(`/plans/orphan-plan${rest}`), 404, rest)
      }
      const { total_tasks } = yield* json("/metrics?agent_id=orphan-agent&period=400d")
      assert.strictEqual(total_tasks, 0)
      yield* send(envelope("orphan-request", {
        topic: "action-requests",
        correlation_id: "orphan",
        data: { plan_id: "orphan-plan" }
      }))
      const { completed_tasks, task_count } = yield* json("/plans/orphan-plan")
      assert.deepStrictEqual([task_count, completed_tasks], [1, 1])
      assert.lengthOf((yield* json("/plans/orphan-plan/timeline")).events, 2)
    }))

  it.effect("a plan without tasks", () =>
    Effect.gen(function*() {
      yield* send(envelope("alone", { type: "plan.completed", data: { plan_id: "alone" } }))
      const plan = yield* json("/plans/alone")
      assert.deepStrictEqual([plan.status, plan.task_count, plan.started_at], ["completed", 0, null])
      assert.deepStrictEqual(yield* json("/plans/alone/tasks"), { tasks: [] })
      assert.lengthOf((yield* json("/plans/alone/timeline")).events, 1)
      assert.deepStrictEqual(yield* json("/plans/alone/sub-plans"), { plans: [] })
    }))

  it.effect("tasks whose plan nobody has started, and tasks without a plan", () =>
    Effect.gen(function*() {
      yield* send(asked("planned", { plan_id: "implied" }), asked("planless", {}))
      const plan = yield* json("/plans/implied")
      assert.deepStrictEqual([plan.status, plan.task_count, plan.started_at], ["running", 1, time])
      assert.lengthOf((yield* json("/plans/implied/tasks")).tasks, 1)
      const { running_tasks, total_tasks } = yield* json("/metrics?agent_id=loner&period=400d")
      assert.deepStrictEqual([total_tasks, running_tasks], [2, 2])
      assert.strictEqual((yield* json("/tasks/of-planless")).plan_id, null)
    }))

  it.effect("a list that has changed since its first page", () =>
    Effect.gen(function*() {
      yield* send(listed("a", 10), listed("b", 20), listed("c", 30))
      const { next_cursor, tasks } = yield* json("/plans/list/tasks?limit=1")
      assert.deepStrictEqual(tasks.map(({ task_id }: { task_id: string }) => task_id), ["a"])
      // The task that the cursor stands behind began earlier, and another one between.
      yield* send(listed("c", 10), listed("d", 15))
      const rest = yield* json(`/plans/list/tasks?cursor=${next_cursor}`)
      assert.deepStrictEqual(rest.tasks.map(({ task_id }: { task_id: string }) => task_id), ["c", "d", "b"])
    }))
})
