import { assert, layer } from "@effect/vitest"
import { Clock, Context, Effect, Layer } from "effect"
import { batch, ingestServer, verdicts } from "./ingestServer.ts"

class Server extends Context.Service<Server, Effect.Success<typeof ingestServer>>()("test/Server") {}

const at = (minute: number) => `2026-01-11T10:${String(minute).padStart(2, "0")}:00Z`

const envelope = (id: string, type: string, topic: string, time: string, data: object, attributes: object = {}) => ({
  id,
  type,
  topic,
  time,
  source: "planner",
  data,
  ...attributes
})

const tell = (...events: ReadonlyArray<object>) =>
  Effect.gen(function*() {
    assert.strictEqual(verdicts(yield* (yield* Server).send(batch(...events))).accepted, events.length)
  })

const json = (path: string) =>
  Effect.gen(function*() {
    const answer = yield* (yield* Server).ask(path)
    assert.strictEqual(answer.status, 200, `${path}: ${answer.text}`)
    return JSON.parse(answer.text)
  })

layer(Layer.effect(Server, ingestServer), { excludeTestServices: true })("over HTTP", (it) => {
  it.effect("a plan's tasks and events have every field", () =>
    Effect.gen(function*() {
      const [asked, answered] = ["action-requests", "action-results"]
      yield* tell(
        envelope("e-1", "plan.started", "system-events", at(0), { plan_id: "p" }, { trace_id: "trace" }),
        envelope("e-2", "search", asked, at(1), { plan_id: "p" }, { correlation_id: "t", parent_event_id: "e-1" }),
        envelope("e-3", "task.progress", "system-events", at(2), {
          task_id: "t",
          state: "running",
          progress: 0.5,
          message: "half"
        }),
        envelope("e-4", "search", answered, at(3), { error: { message: "boom" } }, {
          correlation_id: "t",
          source: "w"
        }),
        envelope("e-5", "search", answered, at(4), { success: true }, { correlation_id: "t", source: "w" }),
        envelope("e-6", "rest", asked, at(5), { plan_id: "p" }, { correlation_id: "u" })
      )
      const open = { plan_id: "p", stalled: false }
      assert.deepStrictEqual(yield* json("/plans/p/tasks"), {
        tasks: [
          {
            ...open,
            task_id: "t",
            event_type: "search",
            state: "failed",
            started_at: at(1),
            completed_at: at(3),
            duration_seconds: 120,
            progress: 0.5,
            message: "half",
            agent_id: "w",
            error: { message: "boom" }
          },
          { ...open, task_id: "u", event_type: "rest", state: "pending", started_at: at(5) }
        ]
      })
      const { next_cursor, ...page } = yield* json("/plans/p/tasks?limit=1")
      assert.deepStrictEqual([Object.keys(page), page.tasks.length, typeof next_cursor], [["tasks"], 1, "string"])
      const { events, ...timeline } = yield* json("/plans/p/timeline")
      assert.deepStrictEqual(timeline, { trace_id: "trace" })
      for (const { received_at } of events) {
        assert.match(received_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
      }
      const { received_at } = events[0]
      const of = (id: string, minute: number, more: object) => ({
        event_id: id,
        timestamp: at(minute),
        parent_event_id: null,
        source: "planner",
        received_at,
        superseded: false,
        ...more
      })
      const [first, second, , failed, contradicting] = events
      const ofTask = { event_type: "search", topic: answered, source: "w", task_id: "t" }
      assert.deepStrictEqual([first, second, failed, contradicting], [
        of("e-1", 0, { event_type: "plan.started", topic: "system-events", data: { plan_id: "p" } }),
        of("e-2", 1, {
          event_type: "search",
          topic: asked,
          parent_event_id: "e-1",
          task_id: "t",
          data: { plan_id: "p" }
        }),
        of("e-4", 3, { ...ofTask, data: { error: { message: "boom" } } }),
        of("e-5", 4, { ...ofTask, superseded: true, data: { success: true } })
      ])
    }))

  it.effect("an execution has its attempt, and a job's event all but its base fields as data", () =>
    Effect.gen(function*() {
      const executionId = "life:r1"
      const base = {
        source: "job",
        instanceId: "continuous:tick:1",
        jobType: "continuous",
        jobName: "tick",
        incarnationId: "life",
        executionId,
        traceId: "0123456789abcdef0123456789abcdef"
      }
      // What the tracker adds is no base field, and given back.
      const added = { env: "test", serviceKey: "billing" }
      const extra = {
        ...added,
        runCount: 1,
        attempt: 2,
        isRetry: true,
        trigger: "retry",
        handler: "execute",
        own: ["kept"]
      }
      yield* tell(
        { ...base, ...extra, eventId: "j-1", sequence: 1, timestamp: at(0), type: "execution.started" }
      )
      const { tasks: [task] } = yield* json("/plans/life/tasks")
      assert.deepStrictEqual(task, {
        task_id: executionId,
        plan_id: "life",
        event_type: "continuous.tick.execute",
        state: "running",
        started_at: at(0),
        agent_id: "tick",
        attempt: 2,
        stalled: false
      })
      const { events: [event] } = yield* json("/plans/life/timeline")
      assert.deepStrictEqual([event.topic, event.source, event.data], ["system-events", "job", extra])
    }))

  it.effect("an agent's numbers have every field, with tasks and without", () =>
    Effect.gen(function*() {
      const nowMs = yield* Clock.currentTimeMillis
      const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString()
      const ends = [[3, "completed"], [4, "completed"], [8, "failed"], [5, "cancelled"], [0, "running"]] as const
      yield* tell(...ends.flatMap(([seconds, new_state], i) => [
        envelope(`m-${i}`, "work", "action-requests", ago(60), { plan_id: "m", assigned_to: "counted" }, {
          correlation_id: `m-${i}`
        }),
        envelope(`m-end-${i}`, "task.state_changed", "system-events", ago(60 - seconds), {
          task_id: `m-${i}`,
          plan_id: "m",
          previous_state: "running",
          new_state
        }, { source: "counted" })
      ]))
      assert.deepStrictEqual(yield* json("/metrics?agent_id=counted&period=1h"), {
        agent_id: "counted",
        period: "1h",
        total_tasks: 5,
        completed_tasks: 2,
        failed_tasks: 1,
        cancelled_tasks: 1,
        running_tasks: 1,
        avg_duration_seconds: 5,
        p50_duration_seconds: 4,
        p95_duration_seconds: 7.6,
        success_rate: 0.4
      })
      assert.deepStrictEqual(yield* json("/metrics?agent_id=idle"), {
        agent_id: "idle",
        period: "7d",
        total_tasks: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        cancelled_tasks: 0,
        running_tasks: 0,
        avg_duration_seconds: null,
        p50_duration_seconds: null,
        p95_duration_seconds: null,
        success_rate: null
      })
    }))
})
