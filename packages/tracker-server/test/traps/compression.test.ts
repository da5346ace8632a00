import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Buffer } from "node:buffer"
import * as zlib from "node:zlib"
import { startProcess } from "../cli/TrackerProcess.ts"
import { batch, clientOf, ingestServer, planStarted, verdicts } from "../http/ingestServer.ts"
import { problem } from "../http/server.ts"
import { peakMemoryMiB } from "../support/peakMemory.ts"

const compressors = {
  gzip: (data: string | Buffer) => zlib.gzipSync(data),
  zstd: (data: string | Buffer) => zlib.zstdCompressSync(data)
}
const encodings = ["gzip", "zstd"] as const

const body = (...parts: ReadonlyArray<Buffer | ReadonlyArray<number>>) =>
  new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))))

const lines = (...ids: ReadonlyArray<string>) => `${ids.map((id) => JSON.stringify(planStarted(id))).join("\n")}\n`

describe.each(encodings)("%s", (encoding) => {
  const compress = compressors[encoding]
  const headers = { "content-encoding": encoding, "content-type": "application/x-ndjson" }

  it.live("that broke off, or has something behind it, is a 400 and keeps none of its lines", () =>
    Effect.gen(function*() {
      const { ask, send } = yield* ingestServer
      const whole = compress(lines(...Array.from({ length: 2000 }, (_, i) => `e${i}`)))
      const damaged = Buffer.from(whole)
      damaged.writeUInt8(damaged.readUInt8(whole.length >> 1) ^ 0xff, whole.length >> 1)
      const table: ReadonlyArray<readonly [name: string, body: Uint8Array<ArrayBuffer>]> = [
        ["nothing", body()],
        ["one byte", body(whole.subarray(0, 1))],
        ["a header", body(whole.subarray(0, 10))],
        ["half of it", body(whole.subarray(0, whole.length >> 1))],
        ["all but a byte", body(whole.subarray(0, -1))],
        ["all but a checksum", body(whole.subarray(0, -8))],
        ["text behind it", body(whole, Buffer.from("trailing garbage"))],
        ["half of a second one behind it", body(whole, whole.subarray(0, whole.length >> 1))],
        ["a damaged byte", body(damaged)],
        ["no compression", body(Buffer.from(lines("plain")))],
        ["the other's compression", body(compressors[encoding === "gzip" ? "zstd" : "gzip"](lines("other")))]
      ]
      for (const [name, wrong] of table) {
        const answer = yield* send(wrong, headers)
        assert.strictEqual(answer.status, 400, name)
        assert.strictEqual(problem(answer).body.detail, `The body is not valid ${encoding}.`, name)
      }
      assert.strictEqual((yield* ask("/plans/p")).status, 404)
    }))

  it.live("of several members is read to the end", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const members = [lines("1", "2"), "", lines("3")].map((text) => compress(text))
      assert.strictEqual(verdicts(yield* send(body(...members), headers)).accepted, 3)
    }))
})

describe("zstd", () => {
  it.live("may not ask for more window than HTTP has, nor come in crumbs", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      const headers = { "content-encoding": "zstd" }
      const text = batch(planStarted("1"))
      // A header that asks for 128 MiB, and one block as it is: the last one, of so many bytes.
      const block = Buffer.alloc(3)
      block.writeUIntLE(Buffer.byteLength(text) * 8 + 1, 0, 3)
      const frame = (window: number) => body([0x28, 0xb5, 0x2f, 0xfd, 0, window << 3], block, Buffer.from(text))
      assert.strictEqual((yield* send(frame(17), headers)).status, 400)
      assert.strictEqual(verdicts(yield* send(frame(13), headers)).accepted, 1)
      const crumbs = Array.from({ length: 2000 }, () => zlib.zstdCompressSync(""))
      assert.strictEqual((yield* send(body(...crumbs), headers)).status, 400)
    }))
})

const gzip = (id: string) => body(zlib.gzipSync(batch(planStarted(id))))

describe("a Content-Encoding", () => {
  it.live("has names in any case, and one at a time", () =>
    Effect.gen(function*() {
      const { send } = yield* ingestServer
      for (const name of ["GZIP", "x-gzip"]) {
        assert.strictEqual((yield* send(gzip(name), { "content-encoding": name })).status, 200, name)
      }
      assert.strictEqual((yield* send(batch(planStarted("i")), { "content-encoding": "Identity" })).status, 200)
      for (const name of ["br", "deflate", "gzip, gzip", "aws-chunked"]) {
        assert.strictEqual((yield* send(gzip("u"), { "content-encoding": name })).status, 415, name)
      }
    }))
})

/** 1 GiB of spaces, in members of 16 MiB that take 16 KiB (gzip) or less each. */
const bomb = (encoding: "gzip" | "zstd") => {
  const member = compressors[encoding](Buffer.alloc(16 * 1024 * 1024, 32))
  return body(...Array.from({ length: 64 }, () => member))
}

describe("a bomb", () => {
  it.live("is stopped while it inflates, so that memory does not grow by it", () =>
    Effect.gen(function*() {
      const server = yield* startProcess(["--port", "0", "--api-key", "bomb-disposal-key"], {
        DATABASE_URL: Redacted.value(yield* freshDatabase())
      })
      const { send } = clientOf(yield* server.url, "bomb-disposal-key")
      const largest = body(zlib.gzipSync(batch(planStarted("a")).padEnd(5 * 1024 * 1024, " ")))
      assert.strictEqual((yield* send(largest, { "content-encoding": "gzip" })).status, 200)
      const before = peakMemoryMiB(server.pid)
      for (const encoding of encodings) {
        const sent = bomb(encoding)
        const bombs = Array.from({ length: 4 }, () => send(sent, { "content-encoding": encoding }))
        const answers = yield* Effect.all(bombs, { concurrency: "unbounded" })
        assert.deepStrictEqual(answers.map(({ status }) => status), bombs.map(() => 413), encoding)
      }
      assert.isBelow(peakMemoryMiB(server.pid) - before, 256)
      assert.strictEqual((yield* send(batch(planStarted("b")))).status, 200)
    }))
})
