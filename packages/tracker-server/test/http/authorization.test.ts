import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import { problem, request, testServer, withKey } from "./server.ts"

const plan = "/v1/tracker/plans/none"
const post = { method: "POST", body: "{\"events\":[]}" }
const json = { "content-type": "application/json" }

describe("keys over HTTP", () => {
  it.live("without one, or with an unknown one, the answer is 401 and says how", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      const headers: ReadonlyArray<Record<string, string>> = [
        {},
        { authorization: "Bearer dek_unknown" },
        { authorization: "Basic dXNlcjpwdw==" },
        { authorization: `Bearer ${"x".repeat(5000)}` }
      ]
      for (const own of headers) {
        const asked = yield* request(url + plan, { headers: own })
        const sent = yield* request(`${url}/v1/events`, { ...post, headers: { ...json, ...own } })
        for (const answer of [asked, sent]) {
          assert.deepStrictEqual(
            [answer.status, answer.headers.get("www-authenticate"), problem(answer).body.type],
            [401, "Bearer realm=\"tracker-server\"", "urn:durable-effect:problem:unauthorized"]
          )
        }
      }
    }))

  it.live("a key without the scope is answered 403, and the scope is named", () =>
    Effect.gen(function*() {
      const { makeKey, url } = yield* testServer()
      const { secret: writer } = yield* makeKey("acme", "ingest")
      const { secret: reader } = yield* makeKey("acme", "query")
      const asked = problem(yield* request(url + plan, withKey(writer)))
      assert.strictEqual(asked.status, 403)
      assert.match(asked.body.detail, /scope query/)
      const sent = problem(
        yield* request(`${url}/v1/events`, { ...post, headers: { ...json, authorization: `Bearer ${reader}` } })
      )
      assert.strictEqual(sent.status, 403)
      assert.match(sent.body.detail, /scope ingest/)
      assert.strictEqual((yield* request(url + plan, withKey(reader))).status, 404)
    }))

  it.live("health, readiness and the documents need none", () =>
    Effect.gen(function*() {
      const { url } = yield* testServer()
      for (const path of ["/", "/health", "/ready", "/metrics", "/openapi.json", "/docs"]) {
        assert.strictEqual((yield* request(url + path)).status, 200, path)
      }
    }))

  it.live("while the database is away the answer is 503 with Retry-After", () =>
    Effect.gen(function*() {
      const { databaseUrl, makeKey, url } = yield* testServer()
      const { secret } = yield* makeKey("acme", "query")
      const admin = new URL(Redacted.value(databaseUrl))
      const name = admin.pathname.slice(1)
      admin.pathname = "/postgres"
      // From now on the server's connections are ended and refused.
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        yield* sql`ALTER DATABASE ${sql(name)} WITH ALLOW_CONNECTIONS false`
        yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${name}`
        for (const path of [plan, "/ready"]) {
          const answer = yield* request(url + path, withKey(secret))
          assert.deepStrictEqual(
            [answer.status, answer.headers.get("retry-after"), problem(answer).body.type],
            [503, "1", "urn:durable-effect:problem:unavailable"],
            path
          )
        }
        assert.strictEqual((yield* request(`${url}/health`)).status, 200)
        yield* sql`ALTER DATABASE ${sql(name)} WITH ALLOW_CONNECTIONS true`
        assert.strictEqual((yield* request(url + plan, withKey(secret))).status, 404)
      }).pipe(Effect.provide(PgConnection.layer({ url: Redacted.make(admin.href) }).pipe(Layer.orDie)))
    }))
})
