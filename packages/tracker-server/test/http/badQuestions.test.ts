import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import { Buffer } from "node:buffer"
import { clientOf } from "./ingestServer.ts"
import { type QueryRoute, queryRoutes, urlOf } from "./queryRoutes.ts"
import { type Answer, problem, request, testServer } from "./server.ts"

const time = (second: number) => `2026-01-11T10:00:${String(second).padStart(2, "0")}Z`

const envelope = (id: string, second: number, fields: object) => ({
  id,
  time: time(second),
  type: "plan.started",
  topic: "system-events",
  source: "agent",
  ...fields
})

/** Something behind every route, the same in each tenant. */
const history = [
  ...["top", "below-1", "below-2"].map((plan_id, i) =>
    envelope(`start-${plan_id}`, i, {
      data: { plan_id, session_id: "session", ...(plan_id === "top" ? {} : { parent_plan_id: "top" }) }
    })
  ),
  ...["task-1", "task-2", "task-3"].map((action_id, i) =>
    envelope(`request-${action_id}`, i, {
      topic: "action-requests",
      type: "work",
      data: { plan_id: "top", action_id, assigned_to: "agent", delegation_group_id: "group" }
    })
  ),
  ...["audit", "mail"].map((jobName) => ({
    eventId: `created-${jobName}`,
    timestamp: time(0),
    type: "job.created",
    instanceId: `task:${jobName}:1`,
    incarnationId: `life-${jobName}`,
    jobType: "task",
    jobName
  }))
]

const ids = {
  plan_id: "top",
  session_id: "session",
  task_id: "task-1",
  group_id: "group",
  job_name: "audit",
  agent_id: "agent"
}
const others = (id: string) => Object.fromEntries(Object.keys(ids).map((name) => [name, id]))

class Asked extends Context.Service<Asked, {
  readonly url: string
  readonly acme: ReturnType<typeof clientOf>
  readonly other: ReturnType<typeof clientOf>
}>()("Asked") {}

const data = Layer.effect(
  Asked,
  Effect.gen(function*() {
    const { makeKey, url } = yield* testServer()
    const client = Effect.fnUntraced(function*(tenant: string) {
      const { secret } = yield* makeKey(tenant, "ingest", "query")
      const own = clientOf(url, secret)
      yield* own.send(JSON.stringify({ events: history }))
      return own
    })
    return { url, acme: yield* client("acme"), other: yield* client("other") }
  })
)

const NextPage = Schema.fromJsonString(Schema.Struct({ next_cursor: Schema.optionalKey(Schema.String) }))
const cursorOf = ({ text }: Answer) => Schema.decodeUnknownSync(NextPage)(text).next_cursor

/** A path below `/v1/tracker`, for the clients. */
const below = (url: string) => url.slice("/v1/tracker".length)

const assertRefused = (answer: Answer, status: 400 | 404, word: string, what: string) => {
  assert.strictEqual(answer.status, status, what)
  const { body, contentType } = problem(answer)
  assert.deepStrictEqual([body.status, contentType], [status, "application/problem+json"], what)
  assert.include(body.detail, word, what)
}

/** A cursor of somebody who knows how they are made. */
const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** What else an answer says than its body. */
const told = (answer: Answer | undefined) => ["content-type", "link", "allow"].map((name) => answer?.headers.get(name))

const withParameter = (name: string): ReadonlyArray<QueryRoute> => {
  const found = queryRoutes.filter(({ query }) => query.has(name))
  assert.isNotEmpty(found)
  return found
}

layer(data, { excludeTestServices: true })("every route that asks", (it) => {
  it.effect("answers what it is asked in order", () =>
    Effect.gen(function*() {
      const { acme } = yield* Asked
      assert.isAtLeast(queryRoutes.length, 12)
      for (const route of queryRoutes) {
        const answer = yield* acme.ask(below(urlOf(route, ids)))
        assert.strictEqual(answer.status, 200, route.path)
      }
    }))

  it.effect("passes over parameters that it does not know", () =>
    Effect.gen(function*() {
      const { acme } = yield* Asked
      for (const route of queryRoutes) {
        const plain = yield* acme.ask(below(urlOf(route, ids)))
        const more = yield* acme.ask(below(urlOf(route, ids, { nonsense: "1", Limit: "0", "": "x" })))
        assert.deepStrictEqual([more.status, more.text], [plain.status, plain.text], route.path)
      }
    }))

  it.effect("refuses a limit that is none", () =>
    Effect.gen(function*() {
      const { acme } = yield* Asked
      for (const route of withParameter("limit")) {
        for (const limit of ["0", "-1", "abc", "1e9", "1e2", "1000000000", "501", "1.5", "", " 1", "+1", "0x10", "٣"]) {
          const answer = yield* acme.ask(below(urlOf(route, ids, { limit })))
          assertRefused(answer, 400, "limit is a whole number from 1 to 500", `${route.path} ${limit}`)
        }
        assertRefused(yield* acme.ask(`${below(urlOf(route, ids, { limit: "1" }))}&limit=2`), 400, "limit", route.path)
        for (const limit of ["1", "500"]) {
          assert.strictEqual((yield* acme.ask(below(urlOf(route, ids, { limit })))).status, 200, route.path)
        }
      }
    }))

  it.effect("refuses a period or a bucket that is none", () =>
    Effect.gen(function*() {
      const { acme } = yield* Asked
      for (const name of ["period", "bucket"]) {
        for (const route of withParameter(name)) {
          for (const value of ["0d", "-1d", "7", "7x", "401d", "", "1.5h", "7D", "1e3m", "9999999m", "d"]) {
            const answer = yield* acme.ask(below(urlOf(route, ids, { [name]: value })))
            assertRefused(answer, 400, `${name} is a number and a unit, m, h or d`, `${route.path} ${value}`)
          }
        }
      }
    }))

  it.effect("refuses a cursor that is not its own", () =>
    Effect.gen(function*() {
      const { acme, other } = yield* Asked
      const cursors = new Map<string, string>()
      for (const route of withParameter("limit")) {
        const cursor = cursorOf(yield* acme.ask(below(urlOf(route, ids, { limit: "1" }))))
        if (cursor !== undefined) cursors.set(route.path, cursor)
      }
      assert.isAtLeast(cursors.size, 6)
      for (const route of withParameter("cursor")) {
        const own = cursors.get(route.path)
        const ofOthers = [...cursors.entries()].filter(([path]) => path !== route.path).map(([, cursor]) => cursor)
        const foreign = own === undefined
          ? undefined
          : cursorOf(yield* other.ask(below(urlOf(route, ids, { limit: "1" }))))
        const scope: unknown = own === undefined ? "x" : JSON.parse(Buffer.from(own, "base64url").toString())[0]
        const wrong = [
          "",
          "x",
          "\0",
          "%",
          "null",
          "A".repeat(8000),
          ...ofOthers,
          ...(own === undefined || foreign === undefined
            ? []
            : [own.slice(1), own.slice(0, -4), `${own}AAAA`, foreign]),
          ...[null, [], {}, "", 1e300, -1, [null], ["\0"], ["x".repeat(300)], [["x", "y", "z", 0]], ["a", "b", "c"]]
            .flatMap((position) => [forged(position), forged([scope, position])])
        ]
        for (const cursor of wrong) {
          const answer = yield* acme.ask(below(urlOf(route, ids, { cursor })))
          assertRefused(answer, 400, "cursor is not one of this list", `${route.path} ${cursor.slice(0, 80)}`)
        }
        if (own !== undefined) {
          assert.strictEqual((yield* acme.ask(below(urlOf(route, ids, { cursor: own })))).status, 200, route.path)
        }
      }
    }))

  it.effect("says the same of an id that none has, whatever its characters", () =>
    Effect.gen(function*() {
      const { acme } = yield* Asked
      for (const route of queryRoutes.filter(({ path }) => path.includes("{"))) {
        const ask = (id: string) => acme.ask(below(urlOf(route, { ...others(id), agent_id: "agent" })))
        const { body: absent } = problem(yield* ask("absent"))
        assert.strictEqual(absent.status, 404)
        for (
          const id of [
            "%",
            "_",
            "top%",
            "TOP",
            "'; --",
            "\0",
            "a\0b",
            "x".repeat(256),
            "é".repeat(128),
            "💥",
            "a/b",
            "\\",
            "{}"
          ]
        ) {
          assert.deepStrictEqual(problem(yield* ask(id)).body, absent, `${route.path} ${id}`)
        }
      }
    }))

  it.effect("answers HEAD as GET, without a body", () =>
    Effect.gen(function*() {
      const { acme, url } = yield* Asked
      for (const route of queryRoutes) {
        for (const path of [urlOf(route, ids), urlOf(route, others("absent")), urlOf(route, ids, { limit: "0" })]) {
          const [head, get] = yield* Effect.forEach(["HEAD", "GET"], (method) =>
            request(url + path, { method, headers: { authorization: acme.authorization } }))
          assert.strictEqual(head?.text, "", path)
          assert.deepStrictEqual([head?.status, told(head)], [get?.status, told(get)], path)
        }
      }
    }))

  it.effect("takes no other method, and says which ones", () =>
    Effect.gen(function*() {
      const { acme, url } = yield* Asked
      for (const route of queryRoutes) {
        for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
          const answer = yield* request(url + urlOf(route, ids), {
            method,
            headers: { authorization: acme.authorization }
          })
          assert.deepStrictEqual(
            [answer.status, answer.headers.get("allow"), problem(answer).contentType],
            [405, "GET, HEAD", "application/problem+json"],
            `${method} ${route.path}`
          )
        }
      }
    }))
})
