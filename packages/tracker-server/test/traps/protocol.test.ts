import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Schedule } from "effect"
import { RequestTimeout } from "../../src/http/requestTimeout.ts"
import { IngestBudget } from "../../src/ingest/Admission.ts"
import { batch, ingestServer, planStarted } from "../http/ingestServer.ts"
import { request } from "../http/server.ts"
import { Changes } from "../support/Changes.ts"
import { rawConnection } from "../support/rawHttp.ts"

const body = batch(planStarted("a"))

/** The head of a request, which ends the connection unless `fields` say otherwise. */
const head = (start: string, fields: Readonly<Record<string, string | number>>) =>
  `${start} HTTP/1.1\r\nhost: x\r\n${
    Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("")
  }\r\n`

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])

/** An answer without a request that the server could read. */
const assertProblem = (answer: string, status: number, type: string) => {
  const [fields = "", text = ""] = answer.split("\r\n\r\n")
  assert.strictEqual(statusOf(answer), status, answer)
  assert.match(fields, /content-type: application\/problem\+json/i, answer)
  assert.deepInclude(JSON.parse(text), { status, type: `urn:durable-effect:problem:${type}` })
}

describe("a body", () => {
  it.live("comes in chunks, after `Expect: 100-continue`, or with an upgrade that nobody takes", () =>
    Effect.gen(function*() {
      const { authorization, url } = yield* ingestServer
      const common = { authorization, "content-type": "application/json", connection: "close" }
      const sized = { ...common, "content-length": body.length }
      const chunks = `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)};ext=1\r\n${
        body.slice(5)
      }\r\n0\r\n\r\n`
      const ways: ReadonlyArray<readonly [name: string, head: object, body: string]> = [
        ["chunks", { ...common, "transfer-encoding": "chunked" }, chunks],
        ["a length", sized, body],
        // As Java's HttpClient and curl --http2 ask on every plain connection.
        [
          "an offer of HTTP/2",
          {
            ...sized,
            connection: "Upgrade, HTTP2-Settings",
            upgrade: "h2c",
            "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA"
          },
          body
        ]
      ]
      for (const [i, [name, fields, text]] of ways.entries()) {
        const connection = yield* rawConnection(url)
        yield* connection.write(head("POST /v1/events", { ...fields }) + text)
        const answer = yield* connection.until(/"rejected"/)
        assert.strictEqual(statusOf(answer), 200, name)
        assert.include(answer, i === 0 ? `"accepted":1` : `"duplicates":1`, name)
      }
      const waiting = yield* rawConnection(url)
      yield* waiting.write(head("POST /v1/events", { ...sized, expect: "100-continue" }))
      assert.match(yield* waiting.until(/\r\n\r\n/), /^HTTP\/1\.1 100 /)
      yield* waiting.write(body)
      assert.match(yield* waiting.closed, /HTTP\/1\.1 200 [^]*"duplicates":1/)
    }))

  it.live("that breaks off, or is not as long as it says, leaves nothing behind", () =>
    Effect.gen(function*() {
      const { ask, authorization, send, url } = yield* ingestServer
      const common = { authorization, "content-type": "application/x-ndjson" }
      const line = `${JSON.stringify(planStarted("a"))}\n`
      const cut: ReadonlyArray<readonly [fields: object, body: string]> = [
        [{ "content-length": line.length + 100 }, line],
        [{ "content-length": line.length * 2 }, line],
        [{ "transfer-encoding": "chunked" }, `${line.length.toString(16)}\r\n${line}\r\n`],
        [{ "transfer-encoding": "chunked" }, `${(line.length * 2).toString(16)}\r\n${line}`],
        [{ "transfer-encoding": "chunked" }, `${line.length.toString(16)}\r\n${line}\r\nzz\r\n`]
      ]
      for (const [fields, text] of cut) {
        const connection = yield* rawConnection(url)
        yield* connection.write(head("POST /v1/events", { ...common, ...fields }) + text)
        yield* connection.end
        assert.notInclude(yield* connection.closed, "HTTP/1.1 200", text)
      }
      assert.strictEqual((yield* ask("/plans/p")).status, 404)
      // What is beyond the length is another request, and none that can be read.
      const longer = yield* rawConnection(url)
      yield* longer.write(
        head("POST /v1/events", { ...common, "content-length": 0 }) + line
      )
      assert.notInclude(yield* longer.closed, `"accepted":1`)
      assert.strictEqual((yield* ask("/plans/p")).status, 404)
      assert.strictEqual((yield* send(body)).status, 200)
    }))
})

describe("what is no request", () => {
  it.live("is answered as a problem, and its connection ends", () =>
    Effect.gen(function*() {
      const { authorization, send, url } = yield* ingestServer
      const start = "POST /v1/events"
      const table: ReadonlyArray<readonly [name: string, text: string, status: number, type: string]> = [
        ["no HTTP", "hello\r\n\r\n", 400, "bad-request"],
        ["TLS", "\u0016\u0003\u0001\u0002\u0000", 400, "bad-request"],
        [
          "two lengths",
          `${start} HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n`,
          400,
          "bad-request"
        ],
        ["length and chunks", head(start, { "content-length": 3, "transfer-encoding": "chunked" }), 400, "bad-request"],
        ["a length below 0", head(start, { "content-length": -1 }), 400, "bad-request"],
        ["a length that is no number", head(start, { "content-length": "1e3" }), 400, "bad-request"],
        ["a header of 64 KiB", head(start, { authorization, filler: "x".repeat(65_536) }), 431, "header-too-large"],
        ["a URL of 64 KiB", head(`GET /v1/tracker/plans/${"x".repeat(65_536)}`, {}), 431, "header-too-large"]
      ]
      for (const [name, text, status, type] of table) {
        const connection = yield* rawConnection(url)
        yield* connection.write(text)
        const answer = yield* connection.closed
        assert.isNotEmpty(answer, name)
        assertProblem(answer, status, type)
      }
      assert.strictEqual((yield* send(body)).status, 200)
    }))
})

describe("a request that never ends", () => {
  it.live("is given up after a while, and keeps nobody else waiting", () =>
    Effect.gen(function*() {
      const { authorization, send, url } = yield* ingestServer
      const fields = { authorization, "content-type": "application/json" }
      const starts = [
        "",
        "POST /v1/events HTTP/1.1\r\nhost: x\r\n",
        head("POST /v1/events", { ...fields, "content-length": body.length }) + body.slice(0, -1),
        head("POST /v1/events", { ...fields, "transfer-encoding": "chunked" }) + "1\r\n{\r\n"
      ]
      const slow = yield* Effect.forEach(
        Array.from({ length: 200 }, (_, i) => starts[i % starts.length] ?? ""),
        (start) =>
          Effect.gen(function*() {
            const connection = yield* rawConnection(url)
            yield* connection.write(start)
            return { start, connection }
          })
      )
      assert.strictEqual((yield* send(body)).status, 200)
      for (const { connection, start } of slow) {
        const answer = yield* connection.closed
        // Those that others waited for had to go before.
        if (start !== "") assert.include([408, 429, 503], statusOf(answer), answer)
      }
      assert.strictEqual((yield* send(body)).status, 200)
    }).pipe(Effect.provideService(RequestTimeout, Duration.seconds(2))))

  it.live("is given up though its sender keeps sending", () =>
    Effect.gen(function*() {
      const { authorization, url } = yield* ingestServer
      const connection = yield* rawConnection(url)
      yield* connection.write(
        head("POST /v1/events", { authorization, "content-type": "application/json", "transfer-encoding": "chunked" })
      )
      yield* Effect.forkScoped(Effect.repeat(connection.write("1\r\n \r\n"), Schedule.spaced("20 millis")))
      assertProblem(yield* connection.closed, 408, "request-timeout")
    }).pipe(Effect.provideService(RequestTimeout, Duration.seconds(2))))
})

describe("uploads that come slowly", () => {
  it.live("keep no other out, and never take more room together than there is", () =>
    Effect.gen(function*() {
      const { authorization, send, url } = yield* ingestServer
      const length = 200 * 1024
      const fields = { authorization, "content-type": "application/json", "content-length": length }
      const begun = Effect.gen(function*() {
        const connection = yield* rawConnection(url)
        // Told to go on, it is let in.
        yield* connection.write(head("POST /v1/events", { ...fields, expect: "100-continue" }))
        const answer = yield* connection.until(/\r\n\r\n/)
        yield* connection.write(" ".repeat(1024))
        return { isLetIn: answer.includes("100 Continue"), connection }
      })
      const all = yield* Effect.all(Array.from({ length: 20 }, () => begun), { concurrency: "unbounded" })
      const slow = all.filter(({ isLetIn }) => isLetIn)
      assert.isAbove(slow.length, 5)
      assert.strictEqual((yield* send(body.padEnd(length))).status, 200)
      // Now all but a byte of each comes: there is room for five.
      for (const { connection } of slow) yield* connection.write(" ".repeat(length - 1025))
      const ended: Array<string> = []
      const changes = new Changes()
      for (const { connection } of slow) {
        yield* Effect.forkScoped(Effect.map(connection.closed, (text) => {
          ended.push(text)
          changes.note()
        }))
      }
      yield* changes.until(() => ended.length >= slow.length - 5)
      for (const text of ended) assert.notInclude(text, "HTTP/1.1 200")
      assert.strictEqual((yield* send(body)).status, 200)
    }).pipe(Effect.provideService(IngestBudget, 1024 * 1024)))
})

describe("a method", () => {
  it.live("that a route does not take is a 405 that says which it takes", () =>
    Effect.gen(function*() {
      const { authorization, url } = yield* ingestServer
      for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        const answer = yield* request(`${url}/v1/events`, { method, headers: { authorization } })
        assert.deepStrictEqual([answer.status, answer.headers.get("allow")], [405, "POST"], method)
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", method)
      }
      for (const method of ["POST", "PUT", "DELETE"]) {
        const answer = yield* request(`${url}/v1/tracker/plans/p`, { method, headers: { authorization } })
        assert.deepStrictEqual([answer.status, answer.headers.get("allow")], [405, "GET, HEAD"], method)
      }
    }))
})
