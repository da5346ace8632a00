import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { StoreDeadline } from "../../src/storage/postgres/deadline.ts"
import { type Answer, problem, request } from "../http/server.ts"
import { openTransaction } from "../support/locks.ts"
import { rawConnection } from "../support/rawHttp.ts"
import { adminServer, asker } from "./AdminServer.ts"

const plan = "/v1/tracker/plans/none"

describe("keys over HTTP", () => {
  it.live("are made for the tenant of the key that asks, and their secret is told once", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const admin = yield* as("acme", "admin")
      const made = yield* admin.ask("POST", "/v1/admin/keys", {
        scopes: ["query", "query"],
        name: "laptop",
        tenant_id: "other"
      })
      const { secret, ...key } = JSON.parse(made.text)
      assert.deepStrictEqual([made.status, made.headers.get("cache-control")], [201, "no-store"])
      assert.match(secret, /^dek_[\w-]{43}$/)
      assert.match(key.key_id, /^key_/)
      assert.match(key.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3,6})?Z$/)
      assert.deepInclude(key, { tenant_id: "acme", name: "laptop", scopes: ["query"] })
      const reader = asker(url, secret)
      assert.strictEqual((yield* reader("GET", plan)).status, 404)
      assert.strictEqual((yield* reader("GET", "/v1/admin/keys")).status, 403)

      const listed = yield* admin.ask("GET", "/v1/admin/keys")
      assert.deepInclude(JSON.parse(listed.text).keys, key)
      assert.notInclude(listed.text, secret)
      assert.notInclude(listed.text, "sha256")
    }))

  it.live("are listed oldest first, a page at a time, those of the tenant alone", () =>
    Effect.gen(function*() {
      const { as } = yield* adminServer
      const admin = yield* as("acme")
      const stranger = yield* as("other")
      const ids = [admin.id]
      for (const _ of "12345") ids.push((yield* as("acme", "query")).id)
      const seen: Array<string> = []
      let path: string | undefined = "/v1/admin/keys?limit=2"
      let pages = 0
      while (path !== undefined) {
        const answer: Answer = yield* admin.ask("GET", path)
        const { keys, next_cursor } = JSON.parse(answer.text)
        seen.push(...keys.map(({ key_id }: { key_id: string }) => key_id))
        pages++
        path = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1]
        assert.strictEqual(path === undefined, next_cursor === undefined)
        if (path === undefined) break
        // Another tenant's list has no such place.
        assert.strictEqual((yield* stranger.ask("GET", path)).status, 400)
      }
      assert.deepStrictEqual([seen, pages], [ids, 3])
      assert.deepStrictEqual(
        JSON.parse((yield* stranger.ask("GET", "/v1/admin/keys")).text).keys.map(
          ({ key_id }: { key_id: string }) => key_id
        ),
        [stranger.id]
      )
      for (const wrong of ["limit=0", "limit=501", "cursor=x"]) {
        assert.strictEqual(problem(yield* admin.ask("GET", `/v1/admin/keys?${wrong}`)).status, 400, wrong)
      }
    }))

  it.live("are listed further under the whole query that asked for them", () =>
    Effect.gen(function*() {
      const { as } = yield* adminServer
      const admin = yield* as("acme")
      yield* as("acme")
      const answer = yield* admin.ask("GET", "/v1/admin/keys?limit=1&note=why?&more=1")
      const next = /^<(.*)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1] ?? ""
      const { next_cursor } = JSON.parse(answer.text)
      assert.deepStrictEqual([...new URL(next, "http://localhost").searchParams], [
        ["limit", "1"],
        ["note", "why?"],
        ["more", "1"],
        ["cursor", next_cursor]
      ])
    }))

  it.live("end at once when they are revoked, those of the tenant alone", () =>
    Effect.gen(function*() {
      const { as } = yield* adminServer
      const admin = yield* as("acme")
      const reader = yield* as("acme", "query")
      const stranger = yield* as("other", "query")
      const never = yield* admin.ask("DELETE", "/v1/admin/keys/key_never")
      const foreign = yield* admin.ask("DELETE", `/v1/admin/keys/${stranger.id}`)
      const say = (answer: typeof never) => ({ ...problem(answer).body, status: answer.status })
      assert.strictEqual(never.status, 404)
      assert.deepStrictEqual(say(foreign), say(never))
      for (const unfit of ["%00", "x".repeat(900)]) {
        assert.deepStrictEqual(say(yield* admin.ask("DELETE", `/v1/admin/keys/${unfit}`)), say(never))
      }
      assert.strictEqual((yield* stranger.ask("GET", plan)).status, 404)

      const revoked = yield* admin.ask("DELETE", `/v1/admin/keys/${reader.id}`)
      assert.deepStrictEqual([revoked.status, revoked.text], [204, ""])
      assert.strictEqual((yield* reader.ask("GET", plan)).status, 401)
      assert.strictEqual((yield* admin.ask("DELETE", `/v1/admin/keys/${reader.id}`)).status, 204)
      const { keys } = JSON.parse((yield* admin.ask("GET", "/v1/admin/keys")).text)
      assert.match(keys[1].revoked_at, /^\d{4}-.*Z$/)
      assert.notProperty(keys[0], "revoked_at")

      assert.strictEqual((yield* admin.ask("DELETE", `/v1/admin/keys/${admin.id}`)).status, 204)
      assert.strictEqual((yield* admin.ask("GET", "/v1/admin/keys")).status, 401)
    }))

  it.live("are not made with one that is revoked while the request comes", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const admin = yield* as("acme")
      const other = yield* as("acme", "admin")
      const body = JSON.stringify({ scopes: ["ingest", "query", "admin"] })
      const connection = yield* rawConnection(url)
      yield* connection.write(
        "POST /v1/admin/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
          `Content-Length: ${body.length}\r\nAuthorization: Bearer ${other.secret}\r\n` +
          "Expect: 100-continue\r\nConnection: close\r\n\r\n"
      )
      // The head is with the server, which lets it in; it answers another request after that.
      yield* connection.until(/100 Continue/)
      yield* connection.write(body.slice(0, 1))
      yield* admin.ask("GET", "/v1/admin/keys")
      assert.strictEqual((yield* admin.ask("DELETE", `/v1/admin/keys/${other.id}`)).status, 204)
      yield* connection.write(body.slice(1))
      const answer = yield* connection.closed
      assert.match(answer, /\r\n\r\nHTTP\/1\.1 401 /)
      assert.include(answer, "urn:durable-effect:problem:unauthorized")
      assert.strictEqual(JSON.parse((yield* admin.ask("GET", "/v1/admin/keys")).text).keys.length, 2)
    }))

  it.live("need the scope admin", () =>
    Effect.gen(function*() {
      const { as } = yield* adminServer
      const worker = yield* as("acme", "ingest", "query")
      for (
        const [method, path] of [
          ["GET", "/v1/admin/keys"],
          ["POST", "/v1/admin/keys"],
          ["DELETE", `/v1/admin/keys/${worker.id}`],
          ["DELETE", "/v1/admin/tenants/acme"],
          ["GET", "/v1/admin/rejected"],
          ["POST", "/v1/admin/rejected/replay"]
        ] as const
      ) {
        const answer = yield* worker.ask(method, path, method === "POST" ? { scopes: ["admin"] } : undefined)
        assert.strictEqual(answer.status, 403, `${method} ${path}`)
        assert.include(problem(answer).body.detail, "scope admin")
      }
    }))

  it.live("refuse a body that asks for none", () =>
    Effect.gen(function*() {
      const { as } = yield* adminServer
      const { ask } = yield* as("acme")
      for (
        const body of [
          {},
          { scopes: [] },
          { scopes: ["write"] },
          { scopes: "query" },
          { scopes: ["query"], name: "a\0b" },
          { scopes: ["query"], name: "x".repeat(256) },
          7
        ]
      ) {
        const answer = problem(yield* ask("POST", "/v1/admin/keys", body))
        assert.deepStrictEqual(
          [answer.status, answer.body.type],
          [400, "urn:durable-effect:problem:bad-request"],
          JSON.stringify(body)
        )
      }
      assert.strictEqual(JSON.parse((yield* ask("GET", "/v1/admin/keys")).text).keys.length, 1)
    }))

  it.live("may have been made where the database does not answer: the refusal says how to find out", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const { ask } = yield* as("acme")
      const release = yield* Effect.provideService(
        openTransaction(sql`LOCK TABLE api_keys IN SHARE MODE`),
        SqlClient.SqlClient,
        sql
      )
      const refused = problem(yield* ask("POST", "/v1/admin/keys", { scopes: ["query"] }))
      assert.strictEqual(refused.status, 503)
      assert.match(refused.body.detail, /unknown whether the key was created\. Look in GET \/v1\/admin\/keys/)
      yield* release
    }).pipe(Effect.provideService(StoreDeadline, Duration.millis(500))))

  it.live("refuse a body that is no JSON by its type", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const { secret } = yield* as("acme")
      const answer = yield* request(`${url}/v1/admin/keys`, {
        method: "POST",
        body: "scopes: [query]",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/yaml" }
      })
      const { body, contentType, status } = problem(answer)
      assert.deepStrictEqual(
        [status, body.type, contentType],
        [415, "urn:durable-effect:problem:unsupported-media-type", "application/problem+json"]
      )
    }))

  it.live("refuse a body of more than 64 KiB, whether it tells its length or not", () =>
    Effect.gen(function*() {
      const { as, url } = yield* adminServer
      const { ask, secret } = yield* as("acme")
      const limit = 64 * 1024
      const empty = JSON.stringify({ scopes: ["query"], more: "" })
      const filled = (bytes: number) => empty.replace("\"\"", JSON.stringify("x".repeat(bytes - empty.length)))
      const post = (body: string | ReadableStream) =>
        request(`${url}/v1/admin/keys`, {
          method: "POST",
          body,
          duplex: "half",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" }
        })
      assert.strictEqual((yield* post(filled(limit))).status, 201)
      const larger = filled(limit + 1)
      for (const body of [larger, new Blob([larger]).stream()]) {
        const answer = yield* post(body)
        const { body: { type }, contentType, status } = problem(answer)
        assert.deepStrictEqual(
          [status, type, contentType, JSON.parse(answer.text).limit],
          [413, "urn:durable-effect:problem:payload-too-large", "application/problem+json", limit]
        )
      }
      assert.strictEqual(JSON.parse((yield* ask("GET", "/v1/admin/keys")).text).keys.length, 2)
    }))

  it.live("are noted in the audit log, with who did it and without their secrets and names", () =>
    Effect.gen(function*() {
      const { as, sql } = yield* adminServer
      const admin = yield* as("acme")
      const made = JSON.parse((yield* admin.ask("POST", "/v1/admin/keys", { scopes: ["query"], name: "laptop" })).text)
      yield* admin.ask("DELETE", `/v1/admin/keys/${made.key_id}`)
      yield* admin.ask("DELETE", `/v1/admin/keys/${made.key_id}`)
      assert.deepStrictEqual(
        yield* sql`SELECT actor, action, tenant_id, key_id, details FROM audit_log ORDER BY id`,
        [
          {
            actor: "cli",
            action: "key.created",
            tenant_id: "acme",
            key_id: admin.id,
            details: { scopes: ["ingest", "query", "admin"] }
          },
          {
            actor: admin.id,
            action: "key.created",
            tenant_id: "acme",
            key_id: made.key_id,
            details: { scopes: ["query"] }
          },
          { actor: admin.id, action: "key.revoked", tenant_id: "acme", key_id: made.key_id, details: {} }
        ]
      )
    }))
})
