import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { type Answer, request, testServer } from "../http/server.ts"

const at = (clock: string) => `2026-01-11T${clock}Z`
const trace_id = "trace-abc123"

/** A plan of five tasks of the research worker; three are done. */
const events = [
  { id: "event-1", type: "research.goal", time: at("10:00:00"), topic: "business-facts", trace_id, data: {} },
  {
    id: "started",
    type: "plan.started",
    time: at("10:00:00"),
    topic: "system-events",
    data: { plan_id: "plan-123", current_state: "analyzing" }
  },
  ...[
    ["task-1", "web.search.requested", "10:01:00", "event-2"],
    ["task-2", "analyze.text", "10:02:35", "event-4"],
    ["task-3", "web.search.requested", "10:03:00", "event-5"],
    ["task-4", "web.search.requested", "10:03:01", "event-6"],
    ["task-5", "web.search.requested", "10:03:02", "event-7"]
  ].map(([correlation_id, type, clock, id]) => ({
    id,
    type,
    time: at(clock ?? ""),
    topic: "action-requests",
    correlation_id,
    trace_id,
    parent_event_id: "event-1",
    data: { plan_id: "plan-123" }
  })),
  {
    id: "progress",
    source: "research-worker",
    type: "task.progress",
    time: at("10:02:35"),
    topic: "system-events",
    data: { task_id: "task-2", plan_id: "plan-123", state: "running", progress: 0.6 }
  },
  ...[
    ["task-1", "10:02:30", "event-3", "event-2"],
    ["task-3", "10:04:00", "event-8", "event-5"],
    ["task-4", "10:04:01", "event-9", "event-6"]
  ].map(([correlation_id, clock, id, parent_event_id]) => ({
    id,
    source: "research-worker",
    type: "web.search.completed",
    time: at(clock ?? ""),
    topic: "action-results",
    correlation_id,
    trace_id,
    parent_event_id,
    data: { success: true }
  }))
]

const withKey = (secret: string) => ({ authorization: `Bearer ${secret}`, "content-type": "application/json" })

/** A server that has these events, and a way to ask it. */
const asking = (sent: ReadonlyArray<unknown>) =>
  Effect.gen(function*() {
    const { makeKey, url } = yield* testServer()
    const { secret } = yield* makeKey("acme", "ingest", "query")
    const headers = withKey(secret)
    yield* request(`${url}/v1/events`, { method: "POST", headers, body: JSON.stringify({ events: sent }) })
    return (path: string) => request(`${url}${path}`, { headers })
  })

/** All of an answer but the name of its request. */
const said = ({ text }: Answer) => text.replace(/urn:durable-effect:request:[^"]+/, "")

describe("the four questions", () => {
  it.live("are answered as the service was drawn up", () =>
    Effect.gen(function*() {
      const ask = yield* asking(events)
      const json = (path: string) => Effect.map(ask(path), ({ text }) => JSON.parse(text))

      assert.deepInclude(yield* json("/v1/tracker/plans/plan-123"), {
        plan_id: "plan-123",
        status: "running",
        started_at: "2026-01-11T10:00:00Z",
        task_count: 5,
        completed_tasks: 3,
        failed_tasks: 0,
        current_state: "analyzing"
      })

      const { tasks } = yield* json("/v1/tracker/plans/plan-123/tasks")
      assert.deepInclude(tasks[0], {
        task_id: "task-1",
        event_type: "web.search.requested",
        state: "completed",
        started_at: "2026-01-11T10:01:00Z",
        completed_at: "2026-01-11T10:02:30Z",
        duration_seconds: 90
      })
      assert.deepInclude(tasks[1], {
        task_id: "task-2",
        event_type: "analyze.text",
        state: "running",
        started_at: "2026-01-11T10:02:35Z",
        progress: 0.6
      })

      const timeline = yield* json("/v1/tracker/plans/plan-123/timeline")
      assert.strictEqual(timeline.trace_id, "trace-abc123")
      const withoutTheStart = timeline.events.filter((event: { event_id: string }) => event.event_id !== "started")
      for (
        const [i, expected] of [
          {
            event_id: "event-1",
            event_type: "research.goal",
            timestamp: "2026-01-11T10:00:00Z",
            parent_event_id: null
          },
          {
            event_id: "event-2",
            event_type: "web.search.requested",
            timestamp: "2026-01-11T10:01:00Z",
            parent_event_id: "event-1"
          },
          {
            event_id: "event-3",
            event_type: "web.search.completed",
            timestamp: "2026-01-11T10:02:30Z",
            parent_event_id: "event-2"
          }
        ].entries()
      ) assert.deepInclude(withoutTheStart[i], expected)
    }))

  it.live("count an agent's week", () =>
    Effect.gen(function*() {
      const startedAt = (yield* Clock.currentTimeMillis) - 3_600_000
      const time = (ms: number) => new Date(startedAt + ms).toISOString()
      const work = Array.from({ length: 150 }, (_, i) => {
        const shared = { type: "research", correlation_id: `task-${i}`, source: "research-worker" }
        return [
          { ...shared, id: `asked-${i}`, time: time(i), topic: "action-requests", data: { plan_id: "plan-123" } },
          {
            ...shared,
            id: `done-${i}`,
            time: time(i + 45_300),
            topic: "action-results",
            data: { success: i >= 5 }
          }
        ]
      }).flat()
      const ask = yield* asking(work)
      const answer = JSON.parse((yield* ask("/v1/tracker/metrics?agent_id=research-worker&period=7d")).text)
      assert.deepStrictEqual(answer, {
        agent_id: "research-worker",
        period: "7d",
        total_tasks: 150,
        completed_tasks: 145,
        failed_tasks: 5,
        cancelled_tasks: 0,
        running_tasks: 0,
        avg_duration_seconds: 45.3,
        p50_duration_seconds: 45.3,
        p95_duration_seconds: 45.3,
        success_rate: 0.967
      })
    }))

  it.live("come in pages that a Link leads through", () =>
    Effect.gen(function*() {
      const ask = yield* asking(events)
      for (const [list, entries, key] of [["tasks", 5, "task_id"], ["timeline", 11, "event_id"]] as const) {
        const path = `/v1/tracker/plans/plan-123/${list}`
        const whole = JSON.parse((yield* ask(path)).text)
        const found: Array<unknown> = []
        let next: string | undefined = `${path}?limit=2`
        while (next !== undefined) {
          const answer: Answer = yield* ask(next)
          const body = JSON.parse(answer.text)
          const page: ReadonlyArray<unknown> = body[list === "tasks" ? "tasks" : "events"]
          assert.isAtMost(page.length, 2)
          found.push(...page)
          next = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
          assert.strictEqual(next === undefined, body.next_cursor === undefined)
        }
        assert.deepStrictEqual(found, whole[list === "tasks" ? "tasks" : "events"])
        assert.strictEqual(new Set(found.map((entry) => JSON.stringify(Object(entry)[key]))).size, entries)
      }
    }))

  it.live("say what is wrong with how they were put", () =>
    Effect.gen(function*() {
      const ask = yield* asking(events)
      const tasks = "/v1/tracker/plans/plan-123/tasks"
      const { next_cursor } = JSON.parse((yield* ask(`${tasks}?limit=1`)).text)
      const cases = [
        [`${tasks}?limit=0`, 400, "limit"],
        [`${tasks}?limit=501`, 400, "limit"],
        [`${tasks}?limit=1e2`, 400, "limit"],
        [`${tasks}?cursor=x`, 400, "cursor"],
        [`${tasks}?cursor=`, 400, "cursor"],
        [`/v1/tracker/plans/plan-123/timeline?cursor=${next_cursor}`, 400, "cursor"],
        ["/v1/tracker/metrics?agent_id=a&period=7w", 400, "period"],
        ["/v1/tracker/metrics?agent_id=a&period=401d", 400, "period"],
        ["/v1/tracker/metrics", 400, "agent_id"],
        ["/v1/tracker/metrics?agent_id=", 400, "agent_id"],
        ["/v1/tracker/plans/unknown", 404, "id"],
        ["/v1/tracker/plans/unknown/tasks", 404, "id"],
        ["/v1/tracker/plans/unknown/timeline", 404, "id"],
        ["/v1/tracker/plans/a%00b", 404, "id"]
      ] as const
      for (const [path, status, word] of cases) {
        const answer = yield* ask(path)
        assert.strictEqual(answer.status, status, path)
        assert.include(JSON.parse(answer.text).detail, word, path)
      }
    }))

  it.live("keep another tenant's plans from everyone, and answer zeros for an agent without tasks", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const [mine, theirs] = [yield* makeKey("acme", "ingest", "query"), yield* makeKey("other", "ingest", "query")]
      yield* request(`${url}/v1/events`, {
        method: "POST",
        headers: { ...withKey(mine.secret), "x-tenant": "other" },
        body: JSON.stringify({ events: events.map((event) => ({ ...event, tenant_id: "other" })) })
      })
      const ask = (path: string, secret: string) => request(`${url}/v1/tracker${path}`, { headers: withKey(secret) })
      assert.strictEqual((yield* ask("/plans/plan-123", mine.secret)).status, 200)
      const [absent, foreign] = [yield* ask("/plans/nope", theirs.secret), yield* ask("/plans/plan-123", theirs.secret)]
      assert.deepStrictEqual([foreign.status, said(foreign)], [404, said(absent)])
      assert.deepStrictEqual(
        JSON.parse((yield* ask("/metrics?agent_id=research-worker&period=400d", theirs.secret)).text),
        {
          agent_id: "research-worker",
          period: "400d",
          total_tasks: 0,
          completed_tasks: 0,
          failed_tasks: 0,
          cancelled_tasks: 0,
          running_tasks: 0,
          avg_duration_seconds: null,
          p50_duration_seconds: null,
          p95_duration_seconds: null,
          success_rate: null
        }
      )
    }))
})
