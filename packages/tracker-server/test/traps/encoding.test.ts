import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Buffer } from "node:buffer"
import { batch, codes, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"
import { problem } from "../http/server.ts"

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))))

/** How U+FEFF, the byte order mark, looks in UTF-8. */
const mark = [0xef, 0xbb, 0xbf]
const ndjson = { "content-type": "application/x-ndjson" }

describe("bytes that are not UTF-8", () => {
  it.live("are a 400 and leave nothing behind", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      const table: ReadonlyArray<readonly [name: string, bytes: ReadonlyArray<number>]> = [
        ["a stray continuation", [0x80]],
        ["a byte that UTF-8 never has", [0xff]],
        ["an overlong slash", [0xc0, 0xaf]],
        ["an overlong NUL", [0xc0, 0x80]],
        ["a surrogate, as CESU-8 writes it", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
        ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
        ["a character cut off", [0xf0, 0x9f, 0x98]]
      ]
      const [before = "", after = ""] = batch(planStarted("a", { note: "|" })).split("|")
      for (const [name, wrong] of table) {
        for (const type of ["application/json", "application/x-ndjson", "application/cloudevents+json"]) {
          const answer = problem(yield* send(bytes(before, wrong, after), { "content-type": type }))
          assert.deepStrictEqual([answer.status, answer.body.detail], [400, "The body is not valid UTF-8."], name)
        }
      }
      const cut = bytes(batch(planStarted("b")), [0xf0, 0x9f])
      assert.strictEqual((yield* send(cut)).status, 400)
      for (const encoding of ["utf16le", "latin1"] as const) {
        const body = new Uint8Array(Buffer.from(batch(planStarted("é")), encoding))
        assert.strictEqual((yield* send(body)).status, 400, encoding)
      }
      assert.strictEqual((yield* ask("/plans/p")).status, 404)
    }))
})

const line = (id: string) => JSON.stringify(planStarted(id))

describe("a byte order mark", () => {
  it.live("is passed over at the start of a body, once, and nowhere else", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      assert.strictEqual(verdicts(yield* send(bytes(mark, batch(planStarted("1"))))).accepted, 1)
      assert.strictEqual(verdicts(yield* send(bytes(mark, `${line("2")}\n${line("3")}`), ndjson)).accepted, 2)
      assert.strictEqual((yield* send(bytes(mark, mark, batch(planStarted("4"))))).status, 400)
      const within = yield* send(bytes(mark, `${line("5")}\n`, mark, line("6")), ndjson)
      assert.strictEqual(verdicts(within).accepted, 1)
      assert.deepStrictEqual(codes(within), { 1: "not_an_object" })
    }))
})

describe("a Content-Type", () => {
  it.live("is read as RFC 9110 writes it", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const json = [
        "APPLICATION/JSON",
        "application/json;charset=UTF-8",
        "application/json ; charset=\"utf-8\"",
        "application/json; Charset=utf8",
        "application/json; v=1; charset=utf-8"
      ]
      for (const [i, type] of json.entries()) {
        const answer = yield* send(batch(planStarted(`j${i}`)), { "content-type": type })
        assert.strictEqual(answer.status, 200, type)
      }
      const lines = ["application/x-ndjson; charset=utf-8", "Application/X-NDJSON"]
      for (const [i, type] of lines.entries()) {
        const answer = yield* send(JSON.stringify(planStarted(`l${i}`)), { "content-type": type })
        assert.strictEqual(verdicts(answer).accepted, 1, type)
      }
      const unknown = [
        "text/plain",
        "application/jsonx",
        "application/json; charset=utf-16",
        "application/json, text/html",
        "json",
        "*/*",
        "multipart/form-data; boundary=x"
      ]
      for (const type of unknown) {
        const answer = problem(yield* send(batch(planStarted("u")), { "content-type": type }))
        assert.deepStrictEqual([answer.status, answer.contentType], [415, "application/problem+json"], type)
        assert.include(answer.body.detail, "application/x-ndjson", type)
      }
    }))
})
