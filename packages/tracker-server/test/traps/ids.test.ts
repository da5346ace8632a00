import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { batch, codes, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"
import { request } from "../http/server.ts"

const ids = [
  "a/b",
  "/",
  "//",
  "../secret",
  "a%2Fb",
  "%",
  "%%",
  "100%",
  "%00",
  "_",
  "a_b",
  "a\\_b",
  "?",
  "a?limit=1",
  "#",
  "a#b",
  "&=+;,:@",
  "é",
  "e\u0301",
  "😀",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "null",
  "undefined",
  "tasks",
  "timeline",
  " ",
  " a ",
  "a\tb\nc\r",
  "\u0001\u007f",
  "\ufeff",
  "\u202e",
  "'; DROP TABLE plan_executions; --",
  "$1",
  "{}",
  "[a,b]",
  "\"quoted\"",
  "\\",
  "...",
  "A",
  "x".repeat(255),
  "é".repeat(127),
  "😀".repeat(63)
]

/** What differs from an id by a wildcard, a case, a form of Unicode, an encoding: none of them may be found by it. */
const lookAlikes = ["a/c", "axb", "a__b", "%25", "%2F", "E\u0301", "é ", "constructor ", "x".repeat(254), "aéb"]

describe("an id", () => {
  it.live("of any characters is taken, and finds its own plan and no other", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      const events = ids.flatMap((id) => [
        planStarted(id, { data: { plan_id: id, session_id: id, goal_event: id, current_state: id } }),
        {
          ...planStarted("", { id: `${id.slice(0, 60)}!`, topic: "action-requests", type: "ask", correlation_id: id }),
          source: id,
          data: { plan_id: id, assigned_to: id, delegation_group_id: id }
        },
        planStarted(`${id.slice(0, 60)}?`, { data: { plan_id: `child of ${id.slice(0, 60)}`, parent_plan_id: id } })
      ])
      assert.deepStrictEqual(verdicts(yield* send(batch(...events))).accepted, events.length)
      const finds = (id: string) =>
        Effect.gen(function*() {
          const path = `/plans/${encodeURIComponent(id)}`
          const plan = JSON.parse((yield* ask(path)).text)
          assert.deepInclude(plan, { plan_id: id, session_id: id, goal_event: id, task_count: 1 }, id)
          const { tasks } = JSON.parse((yield* ask(`${path}/tasks`)).text)
          assert.deepStrictEqual(tasks.map(({ task_id }: { readonly task_id: string }) => task_id), [id])
          const first = yield* ask(`${path}/timeline?limit=1`)
          const page = JSON.parse(first.text)
          assert.strictEqual(page.events.length, 1)
          const link = /^<(.*)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? ""
          const next = JSON.parse((yield* ask(link.replace("/v1/tracker", ""))).text)
          assert.strictEqual(next.events.length, 1, link)
          assert.notStrictEqual(next.events[0].event_id, page.events[0].event_id)
          const name = encodeURIComponent(id)
          const metrics = JSON.parse((yield* ask(`/metrics?agent_id=${name}&period=400d`)).text)
          assert.deepInclude(metrics, { agent_id: id, total_tasks: 1 })
          for (const list of [`/plans?session_id=${name}`, `/plans?agent_id=${name}`, `/sessions/${name}/plans`]) {
            assert.deepStrictEqual(JSON.parse((yield* ask(list)).text), { plans: [plan] }, list)
          }
          const { plans: [child] } = JSON.parse((yield* ask(`${path}/sub-plans`)).text)
          assert.deepInclude(child, { parent_plan_id: id })
          assert.deepStrictEqual(JSON.parse((yield* ask(`${path}/hierarchy`)).text), {
            plan: { ...plan, sub_plans: [{ ...child, sub_plans: [] }] }
          })
          const task = JSON.parse((yield* ask(`/tasks/${name}`)).text)
          assert.deepInclude(task, { task_id: id, plan_id: id, agent_id: id })
          const { fields } = JSON.parse((yield* ask(`/tasks/${name}/explain`)).text)
          assert.deepInclude(fields.plan_id, { value: id, event_id: `${id.slice(0, 60)}!` })
          const group = JSON.parse((yield* ask(`/delegation-groups/${name}`)).text)
          assert.deepInclude(group.tasks[0], { task_id: id })
        })
      yield* Effect.forEach(ids, finds, { concurrency: 4, discard: true })
      // What no event can have, nobody finds: NUL, too many bytes.
      for (const id of ["%00", "a%00b", "x".repeat(256), "%ED%9F%BF".repeat(86)]) {
        for (const rest of ["", "/tasks", "/timeline"]) {
          assert.strictEqual((yield* ask(`/plans/${id}${rest}`)).status, 404, id)
        }
        const metrics = yield* ask(`/metrics?agent_id=${id}`)
        assert.include([200, 400], metrics.status, id)
      }
      for (const id of lookAlikes) {
        for (const thing of ["plans/", "sessions/", "tasks/", "delegation-groups/"]) {
          const rest = thing === "sessions/" ? "/plans" : ""
          assert.strictEqual((yield* ask(`/${thing}${encodeURIComponent(id)}${rest}`)).status, 404, thing + id)
        }
        const metrics = JSON.parse((yield* ask(`/metrics?agent_id=${encodeURIComponent(id)}`)).text)
        assert.strictEqual(metrics.total_tasks, 0, id)
      }
    }))

  it.live("has at most 255 bytes, whichever id it is", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const long = ["x".repeat(256), "é".repeat(128), "😀".repeat(64), "x".repeat(100_000)]
      const places: ReadonlyArray<(id: string) => object> = [
        (id: string) => planStarted(id),
        (id: string) => planStarted("a", { correlation_id: id }),
        (id: string) => planStarted("a", { parent_event_id: id }),
        (id: string) => planStarted("a", { trace_id: id }),
        (id: string) => planStarted("a", { topic: id }),
        (id: string) => ({ eventId: id, timestamp: "2026-01-11T10:00:00Z", type: "note" })
      ]
      for (const [i, place] of places.entries()) {
        const answer = codes(yield* send(batch(...long.map(place))))
        assert.deepStrictEqual(answer, Object.fromEntries(long.map((_, at) => [at, "invalid_id"])), `place ${i}`)
      }
      const named = verdicts(yield* send(batch(...long.map((id) => planStarted("a", { data: { plan_id: id } })))))
      assert.lengthOf(named.rejected, long.length)
      const types = yield* send(batch(...long.map((type) => planStarted("a", { type }))))
      assert.deepStrictEqual(codes(types), Object.fromEntries(long.map((_, at) => [at, "invalid_type"])))
    }))
})

describe("a query", () => {
  it.live("takes wildcards and forged cursors for what they are", () =>
    Effect.gen(function*() {
      const { ask, authorization, send, url } = yield* ingestServer
      yield* send(batch(planStarted("1"), planStarted("2"), planStarted("3", { data: { plan_id: "q" } })))
      const cursor: string = JSON.parse((yield* ask("/plans/p/timeline?limit=1")).text).next_cursor
      assert.strictEqual((yield* ask(`/plans/p/timeline?cursor=${cursor}`)).status, 200)
      const forged = [
        "%",
        "%25",
        "_",
        "'",
        "",
        "null",
        "__proto__",
        "A".repeat(8000),
        encodeURIComponent("😀"),
        cursor.slice(1),
        cursor.toUpperCase(),
        encodeURIComponent(`${cursor}'--`).toLowerCase()
      ]
      for (const text of forged) {
        assert.strictEqual((yield* ask(`/plans/p/timeline?limit=1&cursor=${text}`)).status, 400, text)
      }
      for (const path of ["/plans/q/timeline", "/plans/p/tasks"]) {
        assert.strictEqual((yield* ask(`${path}?cursor=${cursor}`)).status, 400, path)
      }
      for (const limit of ["0", "501", "-1", "1e2", "%25", "_", "1;", " 1", "0x10", "９", "", "1,2"]) {
        assert.strictEqual((yield* ask(`/plans/p/tasks?limit=${limit}`)).status, 400, limit)
      }
      for (const period of ["%25", "_d", "7", "d", "-7d", "1e1d", "401d", "7D", "0d", "99999999d", ""]) {
        assert.strictEqual((yield* ask(`/metrics?agent_id=a&period=${period}`)).status, 400, period)
      }
      // Parameters that nobody knows are passed over, as clients and proxies add them.
      const plain = yield* ask("/plans/p")
      const odd = yield* ask("/plans/p?utm=1&__proto__=2&constructor=%25&limit=0&=&&%F0%9F%98%80")
      assert.deepStrictEqual([odd.status, odd.text], [200, plain.text])
      assert.strictEqual((yield* request(`${url}/v1/tracker/plans/%`, { headers: { authorization } })).status, 400)
    }))
})
