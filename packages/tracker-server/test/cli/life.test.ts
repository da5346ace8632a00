import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schedule } from "effect"
import { statSync } from "node:fs"
import { layoutOf } from "../../src/storage/embedded/layout.ts"
import {
  dataDirectory,
  firstKey,
  getStatus,
  postgresPid,
  runProcess,
  slow,
  startProcess,
  untilStatus
} from "./TrackerProcess.ts"

const unknownPlan = "/v1/tracker/plans/none"

describe("start", slow, () => {
  it.live("serves once it says so, and leaves nothing running after SIGTERM", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* server.url
      assert.strictEqual(yield* getStatus(`${url}/ready`), 200)
      assert.strictEqual(yield* getStatus(`${url}/docs`), 200)
      assert.isTrue(Option.isSome(postgresPid(directory)))
      yield* server.kill("SIGTERM")
      const { code, stderr, stdout } = yield* server.ended
      assert.strictEqual(code, 0)
      assert.match(stdout, /^API key of the tenant default, .*\ntracker-server \S+ is ready at \S+ \(data in .*\)\n$/)
      // The log is elsewhere, one JSON object a line.
      assert.match(stderr, /^\{"message":"Migrated: /)
      assert.isTrue(Option.isNone(postgresPid(directory)))
    }))

  it.live("makes the first key, prints it once, and keeps it for its owner alone", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const first = yield* startProcess(["start", "--port", "0", "--data-dir", directory])
      const url = yield* first.url
      const secret = firstKey(directory)
      assert.match(secret, /^dek_[\w-]{43}$/)
      assert.strictEqual(statSync(layoutOf(directory).apiKey).mode & 0o777, 0o600)
      assert.strictEqual(first.stdout().split(secret).length - 1, 1)
      assert.strictEqual(yield* getStatus(url + unknownPlan, secret), 404)
      yield* first.kill("SIGINT")
      assert.strictEqual((yield* first.ended).code, 0)

      const second = yield* startProcess(["--port", "0", "--data-dir", directory])
      assert.strictEqual(yield* getStatus((yield* second.url) + unknownPlan, secret), 404)
      assert.notInclude(second.stdout(), "dek_")
    }))

  it.live("adopts the PostgreSQL that a killed server left, with all that it had stored", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const killed = yield* startProcess(["--port", "0", "--data-dir", directory])
      yield* killed.url
      const orphan = postgresPid(directory)
      const secret = firstKey(directory)
      yield* killed.kill("SIGKILL")
      yield* killed.ended
      assert.deepStrictEqual(postgresPid(directory), orphan)

      const next = yield* startProcess(["--port", "0", "--data-dir", directory])
      assert.strictEqual(yield* getStatus((yield* next.url) + unknownPlan, secret), 404)
      assert.deepStrictEqual(postgresPid(directory), orphan)
      yield* next.kill("SIGTERM")
      yield* next.ended
      assert.isTrue(Option.isNone(postgresPid(directory)))
    }))

  it.live("refuses a data directory that another server uses, and says whose it is", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const first = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* first.url
      const { code, stderr } = yield* runProcess(["--port", "0", "--data-dir", directory])
      assert.strictEqual(code, 1)
      assert.strictEqual(
        stderr,
        `Another tracker-server (process ${first.pid}) uses the data directory ${directory}. ` +
          "Stop it first, or give another folder by --data-dir.\n"
      )
      assert.strictEqual(yield* getStatus(`${url}/ready`), 200)
    }))

  it.live("starts its PostgreSQL again when that dies beneath it", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* server.url
      const before = Option.getOrThrow(postgresPid(directory))
      process.kill(before, "SIGKILL")
      const isBack = Effect.sync(() => Option.getOrElse(postgresPid(directory), () => before) !== before)
      yield* Effect.repeat(isBack, { until: (back) => back, schedule: Schedule.spaced("20 millis") })
      yield* untilStatus(200, `${url}/ready`)
      assert.strictEqual(yield* getStatus(url + unknownPlan, firstKey(directory)), 404)
    }))

  it.live("takes a key of one's own, also on a database in use", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const own = ["my-own-key-for-tests", "another-key-for-tests"] as const
      const first = yield* startProcess(["--port", "0", "--data-dir", directory, "--api-key", own[0]])
      assert.strictEqual(yield* getStatus((yield* first.url) + unknownPlan, own[0]), 404)
      assert.strictEqual(firstKey(directory), "")
      yield* first.kill("SIGTERM")
      yield* first.ended

      const second = yield* startProcess(["--port", "0", "--data-dir", directory], { TRACKER_API_KEY: own[1] })
      const url = yield* second.url
      assert.strictEqual(yield* getStatus(url + unknownPlan, own[0]), 404)
      assert.strictEqual(yield* getStatus(url + unknownPlan, own[1]), 404)
      assert.notInclude(second.stdout(), own[1])
    }))
})
