import { freshDatabase } from "@durable-effect/test-support"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { dataDirectory, type Ended, fromSource, runProcess, slow } from "./TrackerProcess.ts"

/** One line, no stack trace, nothing on standard output. */
const assertOneSentence = ({ code, stderr, stdout }: Ended, pattern: RegExp, expected = 1) => {
  assert.match(stderr, pattern)
  assert.strictEqual(stderr.trimEnd().split("\n").length, 1)
  assert.deepStrictEqual([code, stdout], [expected, ""])
}

describe("a wrong call ends with one sentence and code 2", slow, () => {
  const table: ReadonlyArray<readonly [args: string, said: RegExp]> = [
    ["--prot 1", /^tracker-server has no flag --prot; did you mean --port\? `tracker-server --help` shows/],
    ["--port 70000", /^--port takes a whole number from 0 \(any free port\) to 65535, not "70000"\./],
    ["--port", /^Missing value for flag --port/],
    ["migrat", /^tracker-server has no command migrat; did you mean migrate\?/],
    [
      "keys create --name n",
      /^tracker-server keys create needs --tenant and --scope: `tracker-server keys create --tenant NAME --scope SCOPES`\. `/
    ],
    ["keys create --tenant=a", /^tracker-server keys create needs --scope: `.* --tenant NAME --scope SCOPES`\. `/],
    ["keys create --tenant a --scope write", /^--scope takes ingest, query or admin, .* not "write"\./],
    ["audit list --limit 501", /^--limit takes a whole number from 0 to 500, not "501"\./]
  ]
  it.live.each(table)(
    "tracker-server %s",
    ([args, said]) => Effect.map(runProcess(args.split(" ")), (ended) => assertOneSentence(ended, said, 2))
  )

  it.live("an environment variable is named as such", () =>
    Effect.map(runProcess([], { TRACKER_PORT: "many" }), (ended) => assertOneSentence(ended, /^TRACKER_PORT takes/, 2)))
})

describe("what cannot be done ends with one sentence and code 1", slow, () => {
  const table: ReadonlyArray<readonly [args: string, said: RegExp]> = [
    ["--host 192.0.2.1", /^192\.0\.2\.1 is no address of this machine\. Give one by --host/],
    ["--host 192.0.2.1 --port 0", /^192\.0\.2\.1 is no address of this machine\. Give one by --host/],
    [
      "--port 0 --data-dir /proc/tracker",
      /^The data directory \/proc\/tracker cannot be written .* by --data-dir, or a database/
    ],
    [
      "--port 0 --database-url postgres://u:hidden@127.0.0.1:1/x",
      /^The database 127\.0\.0\.1:1\/x cannot be used: .*ECONNREFUSED/
    ]
  ]
  it.live.each(table)("tracker-server %s", ([args, said]) =>
    Effect.map(runProcess(args.split(" ")), (ended) => {
      assertOneSentence(ended, said)
      assert.notInclude(ended.stderr, "hidden")
    }))

  it.live("a port in use, before anything is written", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = createServer()
      const port = yield* Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
        return Effect.sync(() => server.close())
      })
      const ended = yield* runProcess(["--port", String(port), "--data-dir", directory])
      server.close()
      assertOneSentence(ended, new RegExp(`^127\\.0\\.0\\.1:${port} is in use by another program\\. .* by --port`))
    }))

  it.live("a password that the database does not take", () =>
    Effect.gen(function*() {
      const url = new URL(Redacted.value(yield* freshDatabase()))
      url.password = "wrong"
      const ended = yield* runProcess(["--port", "0", "--database-url", url.href])
      assertOneSentence(
        ended,
        /^The database 127\.0\.0\.1:\d+\/test_\w+ cannot be used: password authentication failed/
      )
    }))

  it.live("a database that is not there", () =>
    Effect.gen(function*() {
      const url = new URL(Redacted.value(yield* freshDatabase()))
      url.pathname = "/nowhere"
      const ended = yield* runProcess(["--port", "0", "--database-url", url.href])
      assertOneSentence(ended, /cannot be used: database "nowhere" does not exist/)
    }))

  it.live("a folder in the data directory that is no PostgreSQL of ours", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      mkdirSync(join(directory, "postgres"), { recursive: true })
      const ended = yield* runProcess(["--port", "0", "--data-dir", directory])
      assertOneSentence(ended, /is there, but not as tracker-server leaves it .* by --data-dir, or move this one away/)
    }))

  it.live("the data of another PostgreSQL", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      mkdirSync(directory)
      writeFileSync(join(directory, "PG_VERSION"), "15\n")
      const ended = yield* runProcess(["--port", "0", "--data-dir", directory])
      assertOneSentence(ended, /is the data of another PostgreSQL, not of tracker-server\./)
    }))

  it.live("shows the stack with --verbose", () =>
    Effect.gen(function*() {
      const args = ["--verbose", "--port", "0", "--data-dir", "/proc/tracker"]
      const { code, stderr } = yield* runProcess(args, {}, fromSource)
      assert.strictEqual(code, 1)
      assert.match(stderr, /\n +at .*DataDirectoryUnusable/)
    }))
})

describe("help and version", slow, () => {
  it.live.each(["--help", "keys create --help"])(
    "tracker-server %s",
    (args) =>
      Effect.map(runProcess(args.split(" ")), ({ code, stderr, stdout }) => {
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.match(stdout, /--data-dir FOLDER/)
      })
  )

  it.live("prints the version", () =>
    Effect.map(runProcess(["version"]), ({ stdout }) => assert.match(stdout, /^\d+\.\d+\.\d+\n$/)))
})
