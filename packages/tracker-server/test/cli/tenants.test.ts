import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { dataDirectory, firstKey, getStatus, runProcess, startProcess, untilStatus } from "./TrackerProcess.ts"

const events = (...all: ReadonlyArray<unknown>) => JSON.stringify({ events: all })
const good = (id: string) => ({ id, time: "2026-01-11T10:00:00Z", type: "plan.started", data: { plan_id: "p" } })

const send = (url: string, secret: string, body: string) =>
  Effect.promise(async () => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" }
    const answer = await fetch(`${url}/v1/events`, { method: "POST", headers, body })
    return answer.text()
  })

describe("tenants erase and rejected, beside a running server", () => {
  it.live("show what there is, and change it only when they are told to", () =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const server = yield* startProcess(["--port", "0", "--data-dir", directory])
      const url = yield* server.url
      const run = (line: string) => runProcess([...line.split(" "), "--data-dir", directory])
      const secret = firstKey(directory)
      const plan = `${url}/v1/tracker/plans/p`
      yield* send(url, secret, events(good("a"), { eventId: "bad" }, { eventId: "worse", type: "x", timestamp: "now" }))

      const listed = yield* run("rejected list")
      assert.match(listed.stdout, /^TENANT +CODE +EVENTS\ndefault +invalid_timestamp +1\ndefault +missing_field +1\n/)
      assert.match(listed.stdout, /^\S+Z +default +missing_field +bad +timestamp is missing|type is missing/m)
      const asJson = JSON.parse((yield* run("rejected list --tenant default --code missing_field --json")).stdout)
      assert.deepStrictEqual(asJson.default.counts, { invalid_timestamp: 1, missing_field: 1 })
      assert.strictEqual(asJson.default.rejected.length, 1)
      assert.strictEqual((yield* run("rejected list --tenant nobody")).stdout, "No rejected events are kept.\n")
      const replayed = JSON.parse((yield* run("rejected replay --dry-run --json")).stdout)
      assert.deepStrictEqual(replayed, {
        default: {
          dry_run: true,
          replayed: 0,
          duplicates: 0,
          rejected: { invalid_timestamp: 1, missing_field: 1 },
          not_kept: 0
        }
      })
      assert.match(
        (yield* run("rejected replay")).stdout,
        /^TENANT .*\ndefault +0 +0 +invalid_timestamp 1, missing_field 1 +0\n$/
      )

      const counted = yield* run("tenants erase default")
      assert.deepStrictEqual([counted.code, yield* getStatus(plan, secret)], [0, 200])
      assert.match(
        counted.stdout,
        /^TABLE +ROWS\napi_keys +1\nevent_ids +1\nevent_timeline +1\ningest_counts +\d+\nplan_executions +1\n/
      )
      assert.match(counted.stderr, /^Nothing is erased yet\. .* --yes /)
      const erased = yield* run("tenants erase default --yes")
      assert.deepStrictEqual([erased.code, erased.stdout], [0, counted.stdout])
      assert.match(erased.stderr, /^All of the tenant default is erased\.\n$/)
      // A running server knows a key for up to a second after it was asked for.
      yield* untilStatus(401, plan, secret)
      const again = yield* run("tenants erase default --yes")
      assert.deepStrictEqual(again, { code: 0, stdout: "", stderr: "There is nothing of the tenant default.\n" })

      const noted = JSON.parse((yield* run("audit list --tenant default --limit 2 --json")).stdout)
      assert.deepStrictEqual(
        noted.entries.map(({ action, actor }: { action: string; actor: string }) => [action, actor]),
        [["tenant.erased", "cli"], ["tenant.erasure_started", "cli"]]
      )
      assert.match(
        (yield* run("audit list")).stdout,
        /^AT +ACTOR +ACTION .*\n(\S+Z +cli .*\n)+\S+Z +server +key\.created +default /
      )
    }), 120_000)

  it.live.each(["tenants erase acme --yes", "rejected list", "rejected replay"])(
    "%s makes no database in a mistyped folder",
    (line) =>
      Effect.gen(function*() {
        const directory = yield* dataDirectory
        const { code, stderr } = yield* runProcess([...line.split(" "), "--data-dir", directory])
        assert.match(stderr, /^There is no database in /)
        assert.deepStrictEqual([code, existsSync(directory)], [1, false])
      })
  )

  it.live.each([
    ["tenants erase", /needs <tenant>/],
    ["rejected list --limit 501", /^--limit takes a whole number from 0 to 500, not "501"\./],
    ["rejected list --code nonsense", /invalid_timestamp/],
    ["rejected replay --code nonsense", /id_conflict/]
  ])("%s says what is wrong", ([line = "", said]) =>
    Effect.gen(function*() {
      const directory = yield* dataDirectory
      const { code, stderr, stdout } = yield* runProcess([...String(line).split(" "), "--data-dir", directory])
      assert.deepStrictEqual([code, stdout, stderr.trim().split("\n").length], [2, "", 1])
      assert.match(stderr, said instanceof RegExp ? said : /./)
    }))
})
