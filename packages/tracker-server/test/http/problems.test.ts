import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { problem, request, testServer, withKey } from "./server.ts"

const urn = (name: string) => `urn:durable-effect:problem:${name}`

const Document = Schema.fromJsonString(Schema.Struct({ paths: Schema.Record(Schema.String, Schema.Unknown) }))

describe("routes", () => {
  it.live("an unknown one is a 404 problem", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      for (const path of ["/index.html", "/v1", "/v1/tracker/plan", "/v1/tracker/plans/a/b/c", "/v1/eventsx"]) {
        const answer = problem(yield* request(url + path))
        assert.deepStrictEqual(
          [answer.status, answer.body.status, answer.body.type, answer.contentType],
          [404, 404, urn("no-such-route"), "application/problem+json"],
          path
        )
      }
    }))

  it.live("a wrong method is a 405 problem that lists the right ones", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      for (
        const [method, path, allow] of [
          ["POST", "/health", "GET, HEAD"],
          ["DELETE", "/v1/tracker/plans/p%2Fq", "GET, HEAD"],
          ["PUT", "/v1/tracker/plans/p/timeline?limit=1", "GET, HEAD"],
          ["PATCH", "/v1/tracker/metrics", "GET, HEAD"],
          ["GET", "/v1/events", "POST"],
          ["OPTIONS", "/v1/events", "POST"],
          ["POST", "/openapi.json", "GET, HEAD"],
          ["POST", "/", "GET, HEAD"]
        ] as const
      ) {
        const answer = yield* request(url + path, { method })
        assert.deepStrictEqual([answer.status, answer.headers.get("allow")], [405, allow], `${method} ${path}`)
        assert.strictEqual(problem(answer).body.type, urn("method-not-allowed"))
      }
    }))

  it.live("whatever can be got answers HEAD with the same headers and no body", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const { secret } = yield* makeKey("acme", "query")
      for (const path of ["/", "/health", "/ready", "/openapi.json", "/v1/tracker/plans/none"]) {
        const got = yield* request(url + path, withKey(secret))
        const head = yield* request(url + path, { method: "HEAD", ...withKey(secret) })
        assert.deepStrictEqual([head.status, head.text], [got.status, ""], path)
        assert.strictEqual(head.headers.get("content-type"), got.headers.get("content-type"), path)
      }
    }))

  it.live("an id may have 255 bytes of any kind", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const { secret } = yield* makeKey("acme", "query")
      for (const id of ["é".repeat(127), "/".repeat(255), "%2F", "a;b?c#d", "..%", "\u0001"]) {
        const answer = problem(yield* request(`${url}/v1/tracker/plans/${encodeURIComponent(id)}`, withKey(secret)))
        // Not the 404 of a missing route: that would have another sentence.
        assert.strictEqual(answer.status, 404)
        assert.notInclude(answer.body.detail, "route", id)
      }
      const absent = problem(yield* request(`${url}/v1/tracker/plans/none`, withKey(secret)))
      for (const rest of ["", "/tasks", "/timeline?limit=1"]) {
        const ask = (id: string) => request(`${url}/v1/tracker/plans/${id}${rest}`, withKey(secret))
        for (const id of ["a".repeat(900), "%C3%A9".repeat(200)]) {
          assert.deepStrictEqual(problem(yield* ask(id)), absent, rest)
        }
        for (const id of ["%ZZ", "%FF", "100%", "%C3"]) {
          const answer = problem(yield* ask(id))
          assert.deepStrictEqual([answer.status, answer.body.type], [400, urn("bad-request")], id)
          assert.include(answer.body.detail, "percent-encoded")
        }
      }
    }))

  it.live("a missing parameter is a 400 problem that names it", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const { secret } = yield* makeKey("acme", "query")
      const answer = problem(yield* request(`${url}/v1/tracker/metrics`, withKey(secret)))
      assert.deepStrictEqual([answer.status, answer.body.type], [400, urn("bad-request")])
      assert.strictEqual(answer.body.detail, "agent_id in the request's query: missing key.")
    }))

  it.live("documents itself", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      const { text } = yield* request(`${url}/openapi.json`)
      const { paths } = Schema.decodeUnknownSync(Document)(text)
      assert.includeMembers(Object.keys(paths), ["/v1/events", "/v1/tracker/plans/{plan_id}", "/health"])
      assert.match((yield* request(`${url}/docs`)).headers.get("content-type") ?? "", /^text\/html/)
    }))

  it.live("leads a browser from / to the documentation, and a program to the description", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      const browser = { headers: { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" } }
      const led = yield* request(url, browser)
      assert.match(led.headers.get("content-type") ?? "", /^text\/html/)
      assert.include(led.text, "/v1/tracker/stream")
      const { headers, status } = yield* request(`${url}/`, { ...browser, redirect: "manual" })
      assert.deepStrictEqual([status, headers.get("location"), headers.get("vary")], [302, "docs", "Accept"])

      const told = yield* request(url)
      assert.deepStrictEqual([told.status, told.headers.get("vary")], [200, "Accept"])
      assert.strictEqual(
        told.headers.get("link"),
        "<openapi.json>; rel=\"service-desc\", <docs>; rel=\"service-doc\""
      )
      const { documentation, name, openapi, version } = JSON.parse(told.text)
      assert.deepStrictEqual([name, version], [
        "tracker-server",
        JSON.parse((yield* request(`${url}/health`)).text).version
      ])
      for (const path of [documentation, openapi]) {
        assert.strictEqual((yield* request(new URL(path, `${url}/`).href)).status, 200)
      }
    }))

  it.live("lets pages of the one origin in, and no others", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer({ "cors-origin": "https://app.example.com" })
      const answer = yield* request(`${url}/v1/tracker/plans/none`, { headers: { origin: "https://app.example.com" } })
      assert.strictEqual(answer.headers.get("access-control-allow-origin"), "https://app.example.com")
      const { url: closed } = yield* testServer()
      const none = yield* request(`${closed}/health`, { headers: { origin: "https://app.example.com" } })
      assert.isNull(none.headers.get("access-control-allow-origin"))
    }))
})
