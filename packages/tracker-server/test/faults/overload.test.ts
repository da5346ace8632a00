import { freshDatabase } from "@durable-effect/test-support"
import * as Pg from "@effect/sql-pg/PgConnection"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Redacted } from "effect"
import * as zlib from "node:zlib"
import { startProcess } from "../cli/TrackerProcess.ts"
import { batch, clientOf, planStarted, verdicts } from "../http/ingestServer.ts"
import { problem } from "../http/server.ts"
import { peakMemoryMiB } from "../support/peakMemory.ts"

const secret = "overload-key-for-tests"

/** Requests at the same time, of 5 MiB each. */
const connections = 96

/** 10,000 events that fill a request. */
const large = Buffer.from(
  batch(...Array.from({ length: 10_000 }, (_, i) => planStarted(`e${i}`, { note: "x".repeat(395) })))
)

describe("more than a server can hold, while its database takes nothing", () => {
  it.live(
    "is turned away with Retry-After before memory grows, and all is well afterwards",
    () =>
      Effect.gen(function*() {
        assert.approximately(large.length, 5 * 1024 * 1024, 256 * 1024)
        const [plain, compressed] = [new Uint8Array(large), new Uint8Array(zlib.gzipSync(large))]
        const databaseUrl = yield* freshDatabase()
        const server = yield* startProcess(["--port", "0", "--api-key", secret], {
          DATABASE_URL: Redacted.value(databaseUrl)
        })
        const { send } = clientOf(yield* server.url, secret)
        assert.strictEqual(verdicts(yield* send(plain)).accepted, 10_000)
        const before = peakMemoryMiB(server.pid)
        // Keys are found, so that requests are let in, and whatever they write has to wait.
        const other = yield* Pg.make({ url: databaseUrl })
        yield* other.query("BEGIN")
        yield* other.query("LOCK TABLE event_ids IN ACCESS EXCLUSIVE MODE")
        const ways = [
          () => send(plain),
          () => send(compressed, { "content-encoding": "gzip" }),
          // In chunks, without a length.
          () => send(ReadableStream.from([plain]))
        ]
        const exits = yield* Effect.forEach(
          Array.from({ length: connections }, (_, i) => i),
          (i) => Effect.exit(ways[i % ways.length]?.() ?? Effect.die("no way")),
          { concurrency: "unbounded" }
        )
        // Who is still sending when there is no more room may find the connection closed, and comes again as well.
        const answers = exits.flatMap((exit) => Exit.isSuccess(exit) ? [exit.value] : [])
        assert.isAbove(answers.length, connections / 2)
        for (const answer of answers) {
          assert.include([429, 503], problem(answer).status)
          assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/)
        }
        // The bodies alone are 480 MiB, and each takes some ten times its size once it is read.
        assert.isBelow(peakMemoryMiB(server.pid) - before, 300)
        yield* other.query("ROLLBACK")
        assert.strictEqual(verdicts(yield* send(batch(planStarted("after")))).accepted, 1)
        assert.strictEqual(verdicts(yield* send(plain)).duplicates, 10_000)
      }),
    120_000
  )
})
