import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Fiber, Layer } from "effect"
import { Output, ReaderGone } from "../../src/command/Output.ts"
import { run } from "../../src/command/run.ts"
import { fromSource, slow, startProcess } from "../cli/TrackerProcess.ts"
import { clientOf } from "../http/ingestServer.ts"
import { request, testServer, withKey } from "../http/server.ts"
import { Changes } from "../support/Changes.ts"

const time = (second: number) => `2026-01-11T10:00:${String(second).padStart(2, "0")}Z`

const event = (type: string, second: number, fields: object = {}) => ({
  eventId: `${type} ${second}`,
  timestamp: time(second),
  type,
  instanceId: "continuous:in/voice é:42",
  incarnationId: "life-1",
  jobType: "continuous",
  jobName: "in/voice é",
  sequence: second + 1,
  ...fields
})
const run1 = { executionId: "life-1:r/1 %", runCount: 1, attempt: 1 }
const history = [
  event("job.created", 0),
  event("execution.started", 1, { handler: "execute", ...run1 }),
  event("execution.failed", 3, { error: { message: "no disk" }, willRetry: false, ...run1 })
]

class Shared extends Context.Service<Shared, {
  readonly url: string
  readonly secret: string
  readonly send: ReturnType<typeof clientOf>["send"]
  readonly makeKey: Effect.Success<ReturnType<typeof testServer>>["makeKey"]
}>()("test/Shared") {}

const shared = Layer.effect(
  Shared,
  Effect.gen(function*() {
    const { makeKey, url } = yield* testServer()
    const { secret } = yield* makeKey("acme", "ingest", "query")
    const { send } = clientOf(url, secret)
    yield* send(JSON.stringify({ events: history }))
    return { url, secret, send, makeKey }
  })
)

/** Runs a command line in this process; what it printed, said beside, and ended with. */
const tracker = (line: ReadonlyArray<string>, width = Infinity, print?: () => Effect.Effect<void, ReaderGone>) =>
  Effect.gen(function*() {
    let stdout = ""
    let stderr = ""
    const changes = new Changes()
    const noted = (change: () => void) =>
      Effect.sync(() => {
        change()
        changes.note()
      })
    const output = Layer.succeed(Output, {
      print: (text: string) => print?.() ?? noted(() => stdout += text),
      note: (text: string) => noted(() => stderr += `${text}\n`),
      width: () => width,
      hasColour: false
    })
    const fiber = yield* Effect.forkScoped(Effect.provide(run(line), [NodeServices.layer, output]))
    return { fiber, changes, stdout: () => stdout, stderr: () => stderr }
  })

/** The same to its end. */
const ended = (line: ReadonlyArray<string>, width?: number) =>
  Effect.scoped(Effect.gen(function*() {
    const { fiber, stderr, stdout } = yield* tracker(line, width)
    const code = yield* Fiber.join(fiber)
    return { code, stdout: stdout(), stderr: stderr() }
  }))

/** Of the file's server, as its tenant. */
const to = ({ secret, url }: Shared["Service"]) => ["--url", url, "--api-key", secret]

const plan = "continuous:in/voice é:42"
const task = "life-1:r/1 %"
const ofPlan = `/plans/${encodeURIComponent(plan)}`

layer(shared, { excludeTestServices: true })("tracker", (it) => {
  it.effect("prints with --json what the API answers", () =>
    Effect.gen(function*() {
      const server = yield* Shared
      const commands: ReadonlyArray<readonly [line: ReadonlyArray<string>, route: string]> = [
        [["plan", plan], ofPlan],
        [["plans"], "/plans"],
        [["tasks", plan], `${ofPlan}/tasks`],
        [["timeline", plan], `${ofPlan}/timeline`],
        [["explain", task], `/tasks/${encodeURIComponent(task)}/explain`],
        [["agents", "--period", "400d"], "/agents?period=400d"],
        [["jobs"], "/jobs"]
      ]
      for (const [line, route] of commands) {
        const { code, stderr, stdout } = yield* ended([...line, "--json", ...to(server)])
        const answer = yield* request(`${server.url}/v1/tracker${route}`, withKey(server.secret))
        assert.deepStrictEqual([code, stderr], [0, ""], line.join(" "))
        assert.strictEqual(stdout, `${answer.text}\n`, line.join(" "))
      }
    }))

  it.effect("shows a person what there is, as wide as the terminal", () =>
    Effect.gen(function*() {
      const server = yield* Shared
      const tasks = yield* ended(["tasks", plan, ...to(server)], 40)
      assert.deepStrictEqual([tasks.code, tasks.stdout.split("\n")], [0, [
        task,
        "  state failed  took 2 s",
        "  started 2026-01-11 10:00:01Z",
        "  agent in/voice é  what no disk",
        ""
      ]])
      const timeline = yield* ended(["timeline", plan, ...to(server)])
      assert.match(timeline.stdout, /^3 events from 2026-01-11 10:00:00Z.*\n +\+0 s  job\.created/)
      const explanation = yield* ended(["explain", task, ...to(server)])
      assert.match(
        explanation.stdout,
        /\nstate +failed +2026-01-11 10:00:03Z  execution\.failed +execution\.failed 3\n/
      )
      assert.match(explanation.stdout, /\nstarted_at +\S+ +2026-01-11 10:00:01Z  execution\.started +execution/)
      const jobs = yield* ended(["jobs", ...to(server)])
      assert.match(jobs.stdout, /\nin\/voice é +continuous +1 +1 +1 +100 % +2 s +2 s +2026-01-11 10:00:01Z +–\n$/)
      assert.match(
        (yield* ended(["plans", "--status", "paused", ...to(server)])).stdout,
        /^There are no such plans\.\n$/
      )
    }))

  it.effect("joins pages", () =>
    Effect.gen(function*() {
      const server = yield* Shared
      const { secret } = yield* server.makeKey("pages", "ingest", "query")
      const many = Array.from({ length: 1201 }, (_, i) =>
        event("alarm.fired", i % 60, { eventId: `e${i}`, sequence: i + 1 }))
      yield* clientOf(server.url, secret).send(JSON.stringify({ events: many }))
      const { stdout } = yield* ended(["timeline", "life-1", "--json", "--url", server.url, "--api-key", secret])
      const answer = JSON.parse(stdout)
      assert.deepStrictEqual(Object.keys(answer), ["trace_id", "events"])
      assert.lengthOf(answer.events, 1201)
    }))

  it.effect("says in one sentence what is wrong and what to do", () =>
    Effect.gen(function*() {
      const server = yield* Shared
      const page = `data:,`
      const none = ["--data-dir", "/nonexistent"]
      const refused: ReadonlyArray<readonly [line: ReadonlyArray<string>, code: number, said: RegExp]> = [
        [
          ["plan", "no\u001B[2Jne", ...to(server)],
          1,
          /^There is no plan or job instance no\\u\{1b\}\[2Jne; `tracker plans` shows/
        ],
        [["explain", "none", ...to(server)], 1, /^There is no task none; `tracker tasks PLAN` shows/],
        [["timeline", "..", ...to(server)], 1, /^There is no plan or job instance \.\.; `tracker plans`/],
        [["plan", "", ...to(server)], 1, /^There is no plan or job instance/],
        [["jobs", "--period", "7x", ...to(server)], 2, /^--period is a number and a unit/],
        [
          ["plan", "x", "--url", "http://127.0.0.1:2"],
          1,
          /^http:\/\/127\.0\.0\.1:2 does not answer \(.*ECONNREFUSED.*\): start/
        ],
        [
          ["plan", "x", "--url", server.url, "--api-key", "dek_wrong"],
          1,
          /does not know this API key: give another by --api-key/
        ],
        [
          ["plan", "x", "--url", server.url, ...none],
          1,
          /asks for an API key: give it by --api-key or TRACKER_API_KEY/
        ],
        [
          ["plan", "x", "--url", `${server.url}/elsewhere`],
          1,
          /^There is no tracker-server at http:.*\/elsewhere: give its address by --url or TRACKER_URL\.\n$/
        ],
        [["tail", "--url", `${server.url}/elsewhere`], 1, /^There is no tracker-server at http:.*\/elsewhere: give/],
        [["plan", "x", "--url", page], 2, /^--url takes where tracker-server is/],
        [["plan", "x", "--api-key", "a b"], 2, /^--api-key takes letters.*, not "…"\.\n$/],
        [["plan"], 2, /^tracker plan needs <plan>\. `tracker plan --help` shows what there is\.\n$/],
        [["pln"], 2, /^tracker has no command pln; did you mean plan/],
        [["plan", "x", "--colour"], 2, /^tracker plan has no flag --colour/],
        [["plans", "--since", "now", ...to(server)], 2, /^--since is an RFC 3339 instant .*:00Z\.\n$/],
        [["plans", "--limit", "501", ...to(server)], 2, /^--limit is a whole number from 1 to 500\.\n$/],
        [["tail", "--url", "http://127.0.0.1:2"], 1, /does not answer/],
        [["tail", "--after", "x", ...to(server)], 2, /^--after is not one of this stream/]
      ]
      for (const [line, code, said] of refused) {
        const result = yield* ended(line)
        assert.deepStrictEqual([result.code, result.stdout], [code, ""], line.join(" "))
        assert.match(result.stderr, said)
        assert.lengthOf(result.stderr.split("\n"), 2)
      }
    }))

  it.effect("tails what happens", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* Shared
      const { secret } = yield* server.makeKey("tail", "ingest", "query")
      const line = ["tail", "--plan", "life-1", "--url", server.url, "--api-key", secret]
      const [lines, json] = [yield* tracker(line), yield* tracker([...line, "--json"])]
      for (const one of [lines, json]) yield* one.changes.until(() => one.stderr().includes("Listening to"))
      yield* clientOf(server.url, secret).send(JSON.stringify({ events: history.slice(0, 2) }))
      for (const one of [lines, json]) yield* one.changes.until(() => one.stdout().split("\n").length === 3)
      assert.deepStrictEqual(lines.stdout().split("\n"), [
        `10:00:00Z  job.created               ${plan}  life-1`,
        `10:00:01Z  execution.started         ${plan}  life-1  ${task}`,
        ""
      ])
      const [first = ""] = json.stdout().split("\n")
      const { data, event, id } = JSON.parse(first)
      assert.deepStrictEqual([event, data.event_id], ["tracking", "job.created 0"])
      const rest = yield* tracker([...line, "--json", "--after", id])
      yield* rest.changes.until(() => rest.stdout().includes("execution.started"))
      assert.notInclude(rest.stdout(), "job.created")
    })))

  it.effect("ends in peace when nobody reads on", () =>
    Effect.scoped(Effect.gen(function*() {
      const server = yield* Shared
      const { fiber, stderr } = yield* tracker(["plans", ...to(server)], 80, () => Effect.fail(new ReaderGone()))
      assert.deepStrictEqual([yield* Fiber.join(fiber), stderr()], [0, ""])
    })))

  it.effect("is a process that a pipe or Ctrl-C ends with 0", () =>
    Effect.scoped(Effect.gen(function*() {
      const { secret, send, url } = yield* Shared
      const program = fromSource.map((part) => part.replace(/main\.ts$/, "tracker.ts"))
      const env = { TRACKER_URL: url, TRACKER_API_KEY: secret }
      const tail = yield* startProcess(["tail"], env, program)
      const head = yield* startProcess(
        ["-c", `("$@" tail --json; echo "ended $?" >&2) | head -n 1`, "sh", ...program],
        env,
        ["sh"]
      )
      // Until both listen: the one that began last is told as the other is.
      yield* Effect.all([tail, head].map(({ said }) => said("Listening to")), { concurrency: 2 })
      yield* send(JSON.stringify({ events: [event("job.started", 9)] }))
      yield* tail.said("job.started")
      // Its reader has gone with the first line; it learns so with the next.
      yield* head.said("job.started")
      yield* send(JSON.stringify({ events: [event("job.completed", 10)] }))
      const { stderr: said, stdout: read } = yield* head.ended
      assert.lengthOf(read.split("\n"), 2)
      assert.strictEqual(said, `Listening to ${url}; Ctrl-C ends.\nended 0\n`)
      yield* tail.kill("SIGINT")
      const { code, stderr, stdout } = yield* tail.ended
      assert.deepStrictEqual([code, stderr], [0, `Listening to ${url}; Ctrl-C ends.\n`])
      assert.match(stdout, /^10:00:09Z  job\.started +continuous:in\/voice é:42 +life-1\n/)
    })), slow)
})
