import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Agent, request as httpRequest } from "node:http"
import * as zlib from "node:zlib"
import * as PgConnection from "../../src/storage/postgres/PgConnection.ts"
import { batch, ingestServer, planStarted as event } from "../http/ingestServer.ts"
import { problem } from "../http/server.ts"

const one = { accepted: 1, duplicates: 0, rejected: [] }

const cloudEvent = (id: string) => {
  const { topic, ...rest } = event(id)
  return { ...rest, specversion: "1.0", source: topic }
}

describe("POST /v1/events", () => {
  it.live("reads JSON, lines and CloudEvents, one event or many", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const bodies = [
        ["application/json", batch(event("1"))],
        ["application/json; charset=utf-8", batch(event("2"))],
        ["application/x-ndjson", `${JSON.stringify(event("3"))}\n\n`],
        ["application/cloudevents+json", JSON.stringify(cloudEvent("4"))],
        ["application/cloudevents-batch+json", JSON.stringify([cloudEvent("5")])]
      ] as const
      for (const [type, body] of bodies) {
        const answer = yield* send(body, { "content-type": type })
        assert.deepStrictEqual([answer.status, JSON.parse(answer.text)], [200, one], type)
      }
    }))

  it.live("refuses a line that is not JSON alone", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const lines = [JSON.stringify(event("1")), "{\"id\":", JSON.stringify(event("2"))].join("\r\n")
      const answer = JSON.parse((yield* send(lines, { "content-type": "application/x-ndjson" })).text)
      assert.deepInclude(answer, { accepted: 2 })
      assert.deepInclude(answer.rejected[0], { index: 1, code: "not_an_object", eventId: null, retryable: false })
    }))

  it.live("inflates gzip and zstd", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const gzip = yield* send(new Uint8Array(zlib.gzipSync(batch(event("1")))), { "content-encoding": "gzip" })
      const zstd = yield* send(new Uint8Array(zlib.zstdCompressSync(batch(event("2")))), { "content-encoding": "zstd" })
      assert.deepStrictEqual([gzip, zstd].map(({ text }) => JSON.parse(text)), [one, one])
    }))

  it.live("says what a request that cannot be read lacks", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const latin1 = new Uint8Array(Buffer.from(batch(event("é")), "latin1"))
      const cases = [
        ["not JSON", "{", {}, 400, "JSON"],
        ["no events", "{}", {}, 400, "events"],
        ["events that are no array", `{"events":{}}`, {}, 400, "events"],
        ["an array alone", "[]", {}, 400, "events"],
        ["nothing", "", {}, 400, "JSON"],
        ["bad UTF-8", latin1, {}, 400, "UTF-8"],
        ["bad gzip", batch(event("1")), { "content-encoding": "gzip" }, 400, "gzip"],
        ["an unknown encoding", batch(event("1")), { "content-encoding": "br" }, 415, "gzip"],
        ["a form", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 415, "application/json"],
        ["another charset", batch(), { "content-type": "application/json; charset=latin1" }, 415, "UTF-8"]
      ] as const
      for (const [name, body, headers, status, word] of cases) {
        const answer = problem(yield* send(body, headers))
        assert.deepStrictEqual([answer.status, answer.contentType], [status, "application/problem+json"], name)
        assert.include(answer.body.detail, word, name)
      }
    }))

  it.live("takes 10,000 events and 5 MiB, and no more, however small they came", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const tooMany = yield* send(batch(...Array.from({ length: 10_001 }, () => 0)))
      const { instance: _, ...tooManyEvents } = JSON.parse(tooMany.text)
      assert.deepStrictEqual([tooMany.status, tooManyEvents], [413, {
        type: "urn:durable-effect:problem:payload-too-large",
        status: 413,
        title: "The request is too large",
        detail: "A request has at most 10000 events. Send them in smaller batches.",
        limit: 10_000
      }])
      const limit = 5 * 1024 * 1024
      const exactly = batch(event("1")).padEnd(limit, " ")
      assert.strictEqual((yield* send(exactly)).status, 200)
      assert.strictEqual((yield* send(`${exactly} `)).status, 413)
      const gzip = { "content-encoding": "gzip" }
      assert.strictEqual((yield* send(new Uint8Array(zlib.gzipSync(exactly)), gzip)).status, 200)
      assert.strictEqual((yield* send(new Uint8Array(zlib.gzipSync(`${exactly} `)), gzip)).status, 413)
      // 300 MiB in 300 kB.
      const bomb = new Uint8Array(zlib.gzipSync(Buffer.alloc(300 * 1024 * 1024)))
      assert.strictEqual((yield* send(bomb, gzip)).status, 413)
    }), 60_000)

  it.live("stops reading a body that never ends", () =>
    Effect.gen(function*() {
      const { authorization, url } = yield* ingestServer
      const status = yield* Effect.callback<number | undefined>((resume) => {
        const agent = new Agent()
        const sending = httpRequest(`${url}/v1/events`, {
          method: "POST",
          agent,
          headers: { authorization, "content-type": "application/json", "transfer-encoding": "chunked" }
        }, (answer) => {
          resume(Effect.succeed(answer.statusCode))
          sending.destroy()
          agent.destroy()
        })
        const chunk = Buffer.alloc(64 * 1024, 32)
        const more = () => {
          if (!sending.destroyed) sending.write(chunk, more)
        }
        sending.on("error", () => {})
        more()
      })
      assert.strictEqual(status, 413)
    }))

  it.live("keeps what a tracker says it has lost, and takes the events where it cannot be read", () =>
    Effect.gen(function*() {
      const { databaseUrl, send } = yield* ingestServer
      const lost = { tracker: "t", serviceKey: "s", counts: { overflow: 12 } }
      yield* send(JSON.stringify({ events: [event("1")], lost }))
      const unread = yield* send(JSON.stringify({ events: [event("2")], lost: { ...lost, counts: { overflow: -1 } } }))
      assert.deepStrictEqual(JSON.parse(unread.text), one)
      const rows = yield* Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`SELECT tracker, reason, lost_events::float8 AS total FROM tracker_losses`
      ).pipe(Effect.provide(PgConnection.layer({ url: databaseUrl })))
      assert.deepStrictEqual(rows, [{ tracker: "t", reason: "overflow", total: 12 }])
    }))

  it.live("takes what its answer counts for said, and shows it in the very next answer", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      yield* send(batch(event("1", { data: { plan_id: "a/b é%" } })), {
        traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
      })
      const answer = JSON.parse((yield* ask(`/plans/${encodeURIComponent("a/b é%")}`)).text)
      assert.deepInclude(answer, { plan_id: "a/b é%", trace_id: "0123456789abcdef0123456789abcdef" })
    }))
})
