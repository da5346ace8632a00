import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { batch, ingestServer, verdicts } from "./ingestServer.ts"
import { request } from "./server.ts"

/** One server for all tests of this file, each of which has plans and sessions of its own. */
class Server extends Context.Service<Server, Effect.Success<typeof ingestServer>>()("test/Server") {
  static readonly layer = Layer.effect(Server, ingestServer)
}

const at = (minute: number) => `2026-01-11T10:${String(minute).padStart(2, "0")}:00Z`
const envelope = (id: string, type: string, time: string, data: object, attributes: object = {}) => ({
  id,
  type,
  time,
  source: "planner",
  topic: "system-events",
  data,
  ...attributes
})

/** Sends events, all of which are taken. */
const tell = (...events: ReadonlyArray<object>) =>
  Effect.gen(function*() {
    const { send } = yield* Server
    assert.strictEqual(verdicts(yield* send(batch(...events))).accepted, events.length)
  })

const json = (path: string) =>
  Effect.gen(function*() {
    const answer = yield* (yield* Server).ask(path)
    assert.strictEqual(answer.status, 200, `${path}: ${answer.text}`)
    return JSON.parse(answer.text)
  })

layer(Server.layer, { excludeTestServices: true })("over HTTP", (it) => {
  it.effect("plans have every field, those that are not known null or left out", () =>
    Effect.gen(function*() {
      yield* tell(
        envelope("f-1", "plan.started", at(0), {
          plan_id: "full",
          session_id: "fields",
          parent_plan_id: "parent",
          goal_event: "goal",
          current_state: "thinking"
        }, { trace_id: "trace" }),
        envelope("f-2", "work", at(1), { plan_id: "full" }, { topic: "action-requests", correlation_id: "f-task" }),
        envelope("f-3", "work", at(2), { success: false }, { topic: "action-results", correlation_id: "f-task" }),
        envelope("f-4", "plan.failed", at(3), { plan_id: "full", error: { message: "boom" } }),
        envelope("f-5", "plan.state_changed", at(4), { plan_id: "bare", new_state: "new" }, { session_id: "fields" })
      )
      const bare = {
        plan_id: "bare",
        status: "running",
        started_at: null,
        task_count: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        current_state: "new",
        trace_id: null,
        session_id: "fields",
        parent_plan_id: null,
        goal_event: null,
        stalled: false
      }
      const full = {
        ...bare,
        plan_id: "full",
        status: "failed",
        started_at: at(0),
        completed_at: at(3),
        task_count: 1,
        failed_tasks: 1,
        current_state: "thinking",
        trace_id: "trace",
        parent_plan_id: "parent",
        goal_event: "goal",
        error: { message: "boom" }
      }
      assert.deepStrictEqual(yield* json("/plans?session_id=fields"), { plans: [bare, full] })
      const life = {
        eventId: "f-6",
        timestamp: at(0),
        type: "debounce.event.added",
        instanceId: "debounce:mail:fields",
        jobType: "debounce",
        jobName: "mail",
        incarnationId: "f-life",
        sequence: 1,
        eventCount: 3,
        flushAt: at(1)
      }
      const alarm = {
        ...life,
        eventId: "f-7",
        type: "alarm.scheduled",
        sequence: 2,
        scheduledFor: at(1),
        kind: "flush"
      }
      yield* tell(life, alarm)
      const { plans: [collecting] } = yield* json("/plans?session_id=debounce:mail:fields")
      assert.deepInclude(collecting, {
        goal_event: "debounce.mail",
        next_run_at: at(1),
        progress: 3,
        stalled: true,
        current_state: "scheduled"
      })
    }))

  it.effect("what a plan started, and a session's plans, have every field too", () =>
    Effect.gen(function*() {
      const { ask } = yield* Server
      const [top, child] = ["h/%?#é😀", "__proto__"]
      yield* tell(
        envelope("h-1", "plan.started", at(0), { plan_id: top, session_id: "h&1" }),
        envelope("h-2", "plan.started", at(1), { plan_id: child, parent_plan_id: top, session_id: "h&1" }),
        envelope("h-3", "plan.failed", at(2), { plan_id: child, error: "boom" })
      )
      const plan = {
        plan_id: top,
        status: "running",
        started_at: at(0),
        task_count: 0,
        completed_tasks: 0,
        failed_tasks: 0,
        current_state: null,
        trace_id: null,
        session_id: "h&1",
        parent_plan_id: null,
        goal_event: null,
        stalled: false
      }
      const sub = {
        ...plan,
        plan_id: child,
        status: "failed",
        started_at: at(1),
        completed_at: at(2),
        parent_plan_id: top,
        error: "boom"
      }
      const path = `/plans/${encodeURIComponent(top)}`
      assert.deepStrictEqual(yield* json(path), plan)
      assert.deepStrictEqual(yield* json(`${path}/sub-plans`), { plans: [sub] })
      assert.deepStrictEqual(yield* json(`/plans/${child}/sub-plans`), { plans: [] })
      assert.deepStrictEqual(yield* json(`${path}/hierarchy`), {
        plan: { ...plan, sub_plans: [{ ...sub, sub_plans: [] }] }
      })
      assert.strictEqual((yield* ask(`${path}/hierarchy`)).headers.get("content-type"), "application/json")
      assert.deepStrictEqual(yield* json("/sessions/h%261/plans"), { plans: [sub, plan] })
      const page = yield* json("/sessions/h%261/plans?limit=1")
      assert.deepStrictEqual(page, { plans: [sub], next_cursor: page.next_cursor })
      assert.deepStrictEqual(yield* json(`/sessions/h%261/plans?cursor=${page.next_cursor}`), { plans: [plan] })
    }))

  it.effect("a chain of 5,000 plans is one answer, as deep as it is", () =>
    Effect.gen(function*() {
      const chain = Array.from({ length: 5000 }, (_, i) =>
        envelope(`d-${i}`, "plan.started", at(0), { plan_id: `d-${i}`, parent_plan_id: `d-${i === 0 ? 4999 : i - 1}` }))
      yield* tell(...chain)
      const { plan } = yield* json("/plans/d-0/hierarchy")
      let depth = 0
      for (let at = plan; at !== undefined; at = at.sub_plans[0]) {
        assert.strictEqual(at.plan_id, `d-${depth}`)
        depth++
      }
      // The last one's child is the first, which is shown already.
      assert.strictEqual(depth, 5000)
    }))

  it.effect("a task and a group have every field", () =>
    Effect.gen(function*() {
      const [task, group, plan] = ["t/%?#é😀", "__proto__", "t plan"]
      const asked = { topic: "action-requests", correlation_id: task }
      yield* tell(
        envelope("t-0", "ask", at(0), { plan_id: plan }, { topic: "action-requests", correlation_id: "t-parent" }),
        envelope("t-1", "delegation.started", at(1), { group_id: group, parent_task_id: "t-parent", total_tasks: 2 }),
        envelope("t-2", "ask", at(2), { plan_id: plan, assigned_to: "w", delegation_group_id: group }, asked),
        envelope("t-3", "task.progress", at(3), { task_id: task, state: "running", progress: 0.5, message: "half" }),
        envelope("t-4", "task.state_changed", at(4), {
          task_id: task,
          plan_id: plan,
          previous_state: "running",
          new_state: "failed",
          reason: "no disk"
        }),
        envelope("t-5", "answer", at(4), { error: { message: "boom" } }, {
          topic: "action-results",
          correlation_id: "t-failed",
          source: "w"
        })
      )
      const view = {
        task_id: task,
        plan_id: plan,
        event_type: "ask",
        state: "failed",
        started_at: at(2),
        completed_at: at(4),
        duration_seconds: 120,
        progress: 0.5,
        message: "half",
        agent_id: "planner",
        stalled: false
      }
      assert.deepStrictEqual(yield* json(`/tasks/${encodeURIComponent(task)}`), {
        ...view,
        transitions: [{
          from_state: "running",
          to_state: "failed",
          reason: "no disk",
          transitioned_at: at(4),
          event_id: "t-4"
        }]
      })
      assert.deepStrictEqual(yield* json(`/delegation-groups/${group}`), {
        group_id: group,
        parent_task_id: "t-parent",
        plan_id: plan,
        total_tasks: 2,
        completed_tasks: 0,
        failed_tasks: 1,
        tasks: [view]
      })
      const [asking, change] = [{ event_id: "t-2", timestamp: at(2) }, { event_id: "t-4", timestamp: at(4) }]
      const half = { event_id: "t-3", timestamp: at(3) }
      yield* tell(
        envelope("t-10", "task.progress", at(2), { task_id: task, state: "running", progress: 0.1, message: "bit" }),
        envelope("t-11", "answer", at(5), {}, { topic: "action-results", correlation_id: task })
      )
      assert.deepStrictEqual(yield* json(`/tasks/${encodeURIComponent(task)}/explain`), {
        task_id: task,
        fields: {
          plan_id: { value: plan, ...asking },
          event_type: { value: "ask", ...asking },
          state: { value: "failed", ...change },
          started_at: { value: at(2), event_id: "t-10", timestamp: at(2) },
          completed_at: { value: at(4), ...change },
          duration_seconds: { value: 120, ...change },
          progress: { value: 0.5, ...half },
          message: { value: "half", ...half },
          agent_id: { value: "planner", event_id: "t-11", timestamp: at(5) },
          stalled: { value: false, ...change }
        },
        ignored: [{ event_id: "t-11", event_type: "answer", reason: "superseded" }]
      })
      assert.deepStrictEqual(yield* json("/tasks/t-failed"), {
        task_id: "t-failed",
        plan_id: null,
        event_type: "answer",
        state: "failed",
        started_at: null,
        completed_at: at(4),
        agent_id: "w",
        stalled: false,
        error: { message: "boom" },
        transitions: []
      })
      const execution = {
        eventId: "t-6",
        timestamp: at(0),
        type: "execution.started",
        instanceId: "task:t:1",
        jobType: "task",
        jobName: "t",
        incarnationId: "t-life",
        executionId: "t-life:x1",
        sequence: 1,
        attempt: 3,
        handler: "execute",
        runCount: 1,
        isRetry: false,
        trigger: "start"
      }
      yield* tell(execution)
      assert.deepInclude(yield* json("/tasks/t-life:x1"), { attempt: 3, agent_id: "t", event_type: "task.t.execute" })
    }))

  it.effect("nothing under an id is a 404 problem, the same for any id", () =>
    Effect.gen(function*() {
      const { ask } = yield* Server
      for (
        const [before, after] of [
          ["/plans/", ""],
          ["/plans/", "/sub-plans"],
          ["/plans/", "/hierarchy"],
          ["/sessions/", "/plans"],
          ["/tasks/", ""],
          ["/tasks/", "/explain"],
          ["/delegation-groups/", ""]
        ] as const
      ) {
        const said = new Set<string>()
        for (const id of ["absent", "%00", "a%2Fb", "x".repeat(256), "x".repeat(900), "%F0%9F%98%80".repeat(64)]) {
          const answer = yield* ask(`${before}${id}${after}`)
          assert.deepStrictEqual(
            [answer.status, answer.headers.get("content-type")],
            [404, "application/problem+json"],
            before + id + after
          )
          const { detail, status, title, type } = JSON.parse(answer.text)
          said.add(JSON.stringify([detail, status, title, type]))
        }
        assert.strictEqual(said.size, 1, [...said].join(" "))
        assert.strictEqual((yield* ask(`${before}%ZZ${after}`)).status, 400)
        assert.include([...said].join(), "urn:durable-effect:problem:not-found")
      }
    }))

  it.effect("a list leads on by its Link, which keeps the filters", () =>
    Effect.gen(function*() {
      const { ask } = yield* Server
      const session = "a/%?#é😀__proto__ &="
      yield* tell(
        ...Array.from({ length: 5 }, (_, i) =>
          envelope(`l-${i}`, "plan.started", at(i), { plan_id: `l-${i}`, session_id: session })),
        envelope("l-other", "plan.started", at(2), { plan_id: "l-other", session_id: "l-other" })
      )
      const found: Array<string> = []
      let next: string | undefined = `/plans?status=running&session_id=${encodeURIComponent(session)}&limit=2`
      while (next !== undefined) {
        const answer: Effect.Success<ReturnType<typeof ask>> = yield* ask(next)
        const { next_cursor, plans } = JSON.parse(answer.text)
        found.push(...plans.map(({ plan_id }: { readonly plan_id: string }) =>
          plan_id
        ))
        next = /^<\/v1\/tracker([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
        assert.strictEqual(next === undefined, next_cursor === undefined)
      }
      assert.deepStrictEqual(found, ["l-4", "l-3", "l-2", "l-1", "l-0"])
    }))

  it.effect("what cannot be asked is a 400 problem that names it", () =>
    Effect.gen(function*() {
      const { ask } = yield* Server
      for (
        const [query, word] of [
          ["status=done", "status"],
          ["status=", "status"],
          ["since=2026-01-11", "since"],
          ["session_id=", "session_id"],
          ["agent_id=%00", "agent_id"],
          ["limit=0", "limit"],
          ["limit=-1", "limit"],
          ["limit=abc", "limit"],
          ["limit=1e9", "limit"],
          ["cursor=x", "cursor"]
        ] as const
      ) {
        const answer = yield* ask(`/plans?${query}`)
        const { detail, type } = JSON.parse(answer.text)
        assert.deepStrictEqual(
          [answer.status, answer.headers.get("content-type"), type],
          [400, "application/problem+json", "urn:durable-effect:problem:bad-request"],
          query
        )
        assert.include(detail, word)
      }
    }))

  it.effect("HEAD answers as GET does, and other methods are told which there are", () =>
    Effect.gen(function*() {
      const { authorization, url } = yield* Server
      yield* tell(
        envelope("m-1", "plan.started", at(0), { plan_id: "m", session_id: "m" }),
        envelope("m-2", "ask", at(0), { delegation_group_id: "m" }, { topic: "action-requests", correlation_id: "m" })
      )
      for (
        const path of [
          "/plans?limit=1",
          "/plans/m/sub-plans",
          "/plans/m/hierarchy",
          "/sessions/m/plans",
          "/tasks/m",
          "/tasks/m/explain",
          "/delegation-groups/m"
        ]
      ) {
        const ask = (method: string) => request(`${url}/v1/tracker${path}`, { method, headers: { authorization } })
        const [got, head, posted] = [yield* ask("GET"), yield* ask("HEAD"), yield* ask("POST")]
        assert.deepStrictEqual([head.status, head.text, head.headers.get("content-type")], [
          got.status,
          "",
          got.headers.get("content-type")
        ], path)
        assert.deepStrictEqual([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"], path)
      }
    }))
})
