import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { HttpApi } from "effect/http-api"
import { createServer } from "node:http"
import {
  BadRequest,
  createTrackerClient,
  Forbidden,
  NotFound,
  OtherProblem,
  TrackerApi,
  TrackerClient,
  Unauthorized,
  UnexpectedAnswer,
  Unreachable
} from "../../src/client/index.ts"
import { planNotFound } from "../../src/query/foundPlan.ts"
import { planStarted } from "../http/ingestServer.ts"
import { testServer } from "../http/server.ts"

class Shared extends Context.Service<Shared, Effect.Success<ReturnType<typeof testServer>>>()("test/Shared") {}

const clientFor = (tenantId: string) =>
  Effect.gen(function*() {
    const { makeKey, url } = yield* Shared
    const { secret } = yield* makeKey(tenantId, "ingest", "query", "admin")
    return { url, apiKey: secret, client: createTrackerClient({ url, apiKey: secret }) }
  })

const plans = ["one", "two", "three", "four", "five"]
const events = plans.map((plan_id, index) =>
  planStarted(`started ${plan_id}`, { time: `2026-01-11T10:0${index}:00Z`, data: { plan_id } })
)

const collect = async <A>(items: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const found: Array<A> = []
  for await (const item of items) found.push(item)
  return found
}

const thrown = (call: () => Promise<unknown>) => Effect.flip(Effect.tryPromise({ try: call, catch: (error) => error }))

/** A server of something else: it answers everything so. */
const other = (status: number, contentType: string, body: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((_, response) => {
          response.writeHead(status, { "content-type": contentType }).end(body)
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    ),
    (server) => {
      const address = server.address()
      return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`
    }
  )

/** What a question to this server fails with. */
const ask = (url: string) => thrown(() => createTrackerClient({ url }).plan("one"))

const next = (items: AsyncIterable<unknown>) => items[Symbol.asyncIterator]().next()

layer(Layer.effect(Shared, testServer()), { excludeTestServices: true })("createTrackerClient", (it) => {
  it.effect("sends and asks, and goes through lists by itself, a page at a time", () =>
    Effect.gen(function*() {
      const { client } = yield* clientFor("pages")
      const taken = yield* Effect.promise(() => client.sendEvents(events))
      assert.deepStrictEqual(taken, { accepted: 5, duplicates: 0, rejected: [] })
      const found = yield* Effect.promise(() => collect(client.plans({ limit: 2 })))
      assert.deepStrictEqual(found.map(({ plan_id }) => plan_id), plans.toReversed())
      const sizes = yield* Effect.promise(() => collect(client.plans({ limit: 2, status: undefined }).pages))
      assert.deepStrictEqual(sizes.map((page) => page.plans.length), [2, 2, 1])
      const [first] = sizes
      const rest = yield* Effect.promise(() => collect(client.plans({ limit: 2, cursor: first?.next_cursor })))
      assert.lengthOf(rest, 3)
      const since = yield* Effect.promise(() => collect(client.plans({ since: "2026-01-11T10:03:00Z" })))
      assert.lengthOf(since, 2)
      const [page] = yield* Effect.promise(() => collect(client.planTimeline("one").pages))
      assert.match(page?.trace_id ?? "", /^[0-9a-f]{32}$/)
      assert.lengthOf(page?.events ?? [], 1)
    }))

  it.effect("asks for a page of a list when somebody takes it", () =>
    Effect.gen(function*() {
      const { apiKey, client, url } = yield* clientFor("lazy")
      yield* Effect.promise(() => client.sendEvents(events))
      let asked = 0
      const fetch: typeof globalThis.fetch = (input, init) => {
        asked++
        return globalThis.fetch(input, init)
      }
      const counted = createTrackerClient({ url, apiKey, fetch })
      const found = yield* Effect.promise(async () => {
        const names: Array<string> = []
        for await (const { plan_id } of counted.plans({ limit: 2 })) if (names.push(plan_id) === 3) break
        return names
      })
      assert.deepStrictEqual(found, ["five", "four", "three"])
      assert.strictEqual(asked, 2)
    }))

  it.effect("throws what went wrong as an instance of its class", () =>
    Effect.gen(function*() {
      const { client, url } = yield* clientFor("errors")
      const { makeKey } = yield* Shared
      const missing = yield* thrown(() => client.plan("none"))
      assert.instanceOf(missing, NotFound)
      const { detail, message, status, type } = missing
      assert.deepStrictEqual([status, type, message], [404, "urn:durable-effect:problem:not-found", detail])
      assert.instanceOf(yield* thrown(() => collect(client.plans({ limit: 501 }))), BadRequest)
      const stranger = createTrackerClient({ url })
      assert.instanceOf(yield* thrown(() => stranger.plan("none")), Unauthorized)
      const sender = createTrackerClient({ url, apiKey: (yield* makeKey("errors", "ingest")).secret })
      assert.instanceOf(yield* thrown(() => sender.plan("none")), Forbidden)
      assert.strictEqual((yield* Effect.promise(() => stranger.health())).status, "ok")
    }))

  it.effect("tells a server that is away from one that is none", () =>
    Effect.gen(function*() {
      const away = yield* ask("http://127.0.0.1:2")
      assert.instanceOf(away, Unreachable)
      assert.match(away.message, /ECONNREFUSED 127\.0\.0\.1:2\)\. Check the address/)
      const page = yield* ask(yield* other(200, "text/html", "<html>"))
      assert.instanceOf(page, UnexpectedAnswer)
      const gateway = yield* ask(yield* other(502, "text/html", "Bad Gateway"))
      assert.instanceOf(gateway, UnexpectedAnswer)
      assert.strictEqual(gateway.status, 502)
      assert.instanceOf(yield* ask(yield* other(404, "text/html", "Not Found")), UnexpectedAnswer)
      assert.instanceOf(yield* ask(yield* other(200, "application/json", `{"id": 1}`)), UnexpectedAnswer)
      const internal = {
        type: "urn:durable-effect:problem:internal",
        status: 500,
        title: "Failed",
        detail: "See its log."
      }
      const failed = yield* ask(yield* other(500, "application/problem+json", JSON.stringify(internal)))
      assert.instanceOf(failed, OtherProblem)
      const { detail, message, status, title, type } = failed
      assert.deepStrictEqual([{ type, status, title, detail }, message], [internal, "See its log."])
      assert.throws(() => createTrackerClient({ url: "localhost:8084" }), TypeError, /localhost:8084/)
    }))

  it.effect("ends a call with its signal's reason", () =>
    Effect.gen(function*() {
      const { client, url } = yield* clientFor("signals")
      assert.strictEqual(yield* thrown(() => client.plan("one", { signal: AbortSignal.abort("early") })), "early")
      const abort = new AbortController()
      const fetch: typeof globalThis.fetch = (input, init) => {
        const answer = globalThis.fetch(input, init)
        abort.abort("while it is under way")
        return answer
      }
      const { plan, plans } = createTrackerClient({ url, fetch })
      assert.strictEqual(yield* thrown(() => plan("one", { signal: abort.signal })), "while it is under way")
      assert.strictEqual(yield* thrown(() => collect(plans({ signal: abort.signal }))), "while it is under way")
    }))

  it.effect("has a method for every route", () =>
    Effect.gen(function*() {
      const { apiKey, url } = yield* clientFor("every")
      const asked = new Set<string>()
      const fetch: typeof globalThis.fetch = (input, init) => {
        asked.add(`${init?.method ?? "GET"} ${new URL(new Request(input).url).pathname}`)
        return globalThis.fetch(input, init)
      }
      const client = createTrackerClient({ url, apiKey, fetch })
      const stream = new AbortController()
      const calls: { readonly [method in keyof typeof client]: () => Promise<unknown> } = {
        plan: () => client.plan("plan_id"),
        plans: () => next(client.plans()),
        subPlans: () => next(client.subPlans("plan_id")),
        hierarchy: () => client.hierarchy("plan_id"),
        sessionPlans: () => next(client.sessionPlans("session_id")),
        planTasks: () => next(client.planTasks("plan_id")),
        planTimeline: () => next(client.planTimeline("plan_id")),
        task: () => client.task("task_id"),
        explain: () => client.explain("task_id"),
        delegationGroup: () => client.delegationGroup("group_id"),
        metrics: () => client.metrics("agent"),
        metricsSeries: () => client.metricsSeries("agent", { period: "1h", bucket: "30m" }),
        agents: () => next(client.agents()),
        jobs: () => next(client.jobs()),
        job: () => client.job("job_name"),
        ingestHealth: () => client.ingestHealth(),
        tail: () => next(client.tail({ signal: stream.signal, onOpen: () => stream.abort() })),
        sendEvents: () => client.sendEvents([]),
        keys: () => next(client.keys()),
        createKey: () => client.createKey({ scopes: ["query"] }),
        revokeKey: () => client.revokeKey("id"),
        rejected: () => next(client.rejected({ code: "too_deep" })),
        replayRejected: () => client.replayRejected({ dryRun: true }),
        health: () => client.health(),
        ready: () => client.ready(),
        processMetrics: () => client.processMetrics(),
        eraseTenant: () => client.eraseTenant("tenant")
      }
      const failures = new Map<string, unknown>()
      for (const [name, call] of Object.entries(calls)) {
        yield* Effect.promise(() => call().catch((error: unknown) => failures.set(name, error)))
      }
      const routes: Array<string> = []
      HttpApi.reflect(TrackerApi, {
        onGroup: () => {},
        onEndpoint: ({ endpoint: { method, path } }) => routes.push(`${method} ${path.replaceAll(":", "")}`)
      })
      assert.deepStrictEqual([...asked].sort(), routes.sort())
      // These ask for what is not there, and the stream was left; all else is answered.
      const names = ["plan", "subPlans", "hierarchy", "sessionPlans", "planTasks", "planTimeline", "task", "explain"]
      const none = [...names, "delegationGroup", "job", "revokeKey"]
      assert.deepStrictEqual([...failures.keys()].sort(), [...none, "eraseTenant", "tail"].sort())
      for (const name of none) assert.instanceOf(failures.get(name), NotFound, name)
      assert.instanceOf(failures.get("eraseTenant"), Forbidden)
    }))

  it.effect("is a service for Effect, with the same routes and errors as values", () =>
    Effect.gen(function*() {
      const { apiKey, client, url } = yield* clientFor("effects")
      yield* Effect.promise(() => client.sendEvents(events))
      const program = Effect.gen(function*() {
        const tracker = yield* TrackerClient
        const one = yield* tracker.query.plan({ params: { plan_id: "one" } })
        const none = yield* tracker.query.plan({ params: { plan_id: "none" } }).pipe(
          Effect.catchTag("NotFound", ({ detail }) => Effect.succeed(detail))
        )
        return [one, none]
      })
      const [one, none] = yield* program.pipe(
        Effect.provide(TrackerClient.layer({ url: `${url}/`, apiKey })),
        Effect.provide(FetchHttpClient.layer)
      )
      assert.deepInclude(one, { plan_id: "one", status: "running", started_at: "2026-01-11T10:00:00Z" })
      assert.strictEqual(
        none,
        planNotFound.detail
      )
    }))
})
